/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The publisher looks at the store (what is new) and at the zone directory (what is wrong in it).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/secret.h"
#include "publisher_state.h"

#define SCAN_RETRY_MS 100
#define SCAN_MOST_MS  1000

/* ---- the store ---- */

struct scan {
	struct publisher *p;
	bool is_full;
	bool has_memory;
};

static bool scan_zone(void *context, const struct zone *stored)
{
	struct scan *scan = context;
	struct ledger *ledger = &scan->p->ledger;
	struct ledger_zone *zone = ledger_put(ledger, &stored->name);
	scan->has_memory = zone != NULL;
	if (zone == NULL)
		return false;
	zone->is_listed = true;
	ledger_note_stored(ledger, zone, stored, scan->p->turn_ms);
	if (scan->is_full)
		ledger_note_doubt(ledger, zone, scan->p->turn_ms);
	return true;
}

static bool scan_gone(void *context, const struct zone *stored)
{
	struct scan *scan = context;
	struct publisher *p = scan->p;
	struct ledger_zone *zone = ledger_find(&p->ledger, &stored->name);
	char path[SWAP_PATH_BYTES];
	/* One that was dropped before this process began, and whose file is still there. */
	if (zone == NULL && scan->is_full && swap_render_path(&p->swap, &stored->name, path) &&
	        access(path, F_OK) == 0)
		zone = ledger_put(&p->ledger, &stored->name);
	if (zone == NULL)
		return true;
	zone->is_listed = true;
	ledger_note_gone(&p->ledger, zone, p->turn_ms);
	return true;
}

/* After a full scan: zones that the store does not know at all (it was replaced). */
static void scan_unlisted(struct publisher *p)
{
	struct ledger_zone *zone = p->ledger.any;
	for (size_t i = 0; i < p->ledger.count; i++, zone = zone->next) {
		if (!zone->is_listed)
			ledger_note_gone(&p->ledger, zone, p->turn_ms);
		zone->is_listed = false;
	}
}

static enum err scan_lists(struct scan *scan, struct reader *reader, uint64_t *ret_head)
{
	struct publisher *p = scan->p;
	enum err err = reader_head_revision(reader, ret_head);
	if (err != ERR_OK)
		return err;
	scan->is_full = !p->has_scanned || *ret_head < p->head_revision;
	uint64_t since = scan->is_full ? 0 : p->head_revision;
	if (!scan->is_full && *ret_head == since)
		return ERR_OK;
	if (scan->is_full)
		err = reader_list_zones(reader, NULL, scan_zone, scan);
	else
		err = reader_list_dirty_zones(reader, since, scan_zone, scan);
	if (err == ERR_OK)
		err = reader_list_gone_zones(reader, since, scan_gone, scan);
	return err;
}

static bool set_aside_unknown(void *context, const char *file_name, const struct name *name)
{
	struct publisher *p = context;
	if (name != NULL && ledger_find(&p->ledger, name) != NULL)
		return true;
	/* An empty store is more likely a mistake than a wish to serve nothing. */
	if (p->head_revision == 0) {
		log_warning("no zone accounts for %s, and the store is empty: it stays", file_name);
		return true;
	}
	if (swap_set_aside(&p->swap, file_name) != ERR_OK) {
		log_error("no zone accounts for %s, and it cannot be moved to %s: %s", file_name,
		        p->swap.foreign_dir, strerrordesc_np(errno));
		return true;
	}
	log_warning("no zone accounts for %s: moved to %s", file_name, p->swap.foreign_dir);
	board_count(p->context->board, BOARD_SET_ASIDE);
	return true;
}

static void finish_full_scan(struct publisher *p)
{
	scan_unlisted(p);
	if (p->is_swap_ready && swap_list(&p->swap, set_aside_unknown, p) != ERR_OK)
		log_error("%s cannot be read: %s", p->swap.zone_dir, strerrordesc_np(errno));
}

static void scan_failed(struct publisher *p, enum err err)
{
	uint32_t random;
	random_bytes(&random, sizeof(random));
	p->is_woken = true;
	p->scan_ms =
	        p->turn_ms + backoff_ms(++p->scan_failures, SCAN_RETRY_MS, SCAN_MOST_MS, random);
	trouble_put(p, TROUBLE_STORE, "the store cannot be read: %s", err_slug(err));
}

void survey_scan(struct publisher *p)
{
	struct scan scan = { .p = p, .has_memory = true };
	struct reader *reader = p->small.reader;
	uint64_t head = 0;
	/* Which files are there decides what a full scan finds. */
	if (!p->is_swap_ready)
		return;
	enum err err = reader_begin(reader);
	if (err == ERR_OK)
		err = scan_lists(&scan, reader, &head);
	reader_end(reader);
	if (err == ERR_OK && !scan.has_memory)
		err = ERR_OVERLOADED;
	if (err != ERR_OK) {
		scan_failed(p, err);
		return;
	}
	p->scan_failures = 0;
	p->has_scanned = true;
	p->head_revision = head;
	trouble_end(p, TROUBLE_STORE);
	if (scan.is_full)
		finish_full_scan(p);
}

/* ---- the zone directory ---- */

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* False when it is gone. *ret_is_same: nothing was added, renamed or removed since the last look.
 */
static bool look_at_directory(struct publisher *p, bool *ret_is_same)
{
	struct stat status;
	if (stat(p->context->zone_dir, &status) != 0)
		return false;
	*ret_is_same = status.st_dev == p->directory_device &&
	               status.st_ino == p->directory_inode &&
	               is_same_time(&status.st_mtim, &p->directory_changed);
	p->directory_device = status.st_dev;
	p->directory_inode = status.st_ino;
	p->directory_changed = status.st_mtim;
	return true;
}

bool survey_open_directory(struct publisher *p)
{
	const struct publisher_context *context = p->context;
	bool is_same;
	enum err err =
	        swap_init(&p->swap, context->zone_dir, context->temp_dir, context->foreign_dir);
	if (err == ERR_BAD_REQUEST) {
		log_error("%s and %s must be absolute, on the file system of %s, and not below it",
		        context->temp_dir, context->foreign_dir, context->zone_dir);
		return false;
	}
	if (err != ERR_OK) {
		trouble_put(p, TROUBLE_DIRECTORY, "the folders of zone files cannot be used: %s",
		        strerrordesc_np(errno));
		return true;
	}
	p->is_swap_ready = look_at_directory(p, &is_same);
	trouble_end(p, TROUBLE_DIRECTORY);
	return true;
}

static struct folder_identity identity_of(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return (struct folder_identity){ 0 };
	return (struct folder_identity){ .device = status.st_dev, .inode = status.st_ino };
}

void survey_note_folders(struct publisher *p)
{
	p->folders[0] = identity_of(p->context->zone_dir);
	p->folders[1] = identity_of(p->context->temp_dir);
}

/* The sandbox gives rights for a folder, not for its name. */
static bool folders_are_others(const struct publisher *p)
{
	const char *const paths[] = { p->context->zone_dir, p->context->temp_dir };
	for (size_t i = 0; i < PUBLISHER_FOLDERS; i++) {
		const struct folder_identity now = identity_of(paths[i]);
		if (now.device == p->folders[i].device && now.inode == p->folders[i].inode)
			continue;
		log_warning("%s is another folder than at the start: a new process will use it",
		        paths[i]);
		return true;
	}
	return false;
}

void survey_check_directory(struct publisher *p)
{
	bool is_same = false;
	p->must_end = p->failing_zones > 0 && folders_are_others(p);
	if (p->must_end)
		return;
	if (!p->is_swap_ready) {
		(void)survey_open_directory(p);
		return;
	}
	if (look_at_directory(p, &is_same) && is_same)
		return;
	struct ledger_zone *zone = p->ledger.any;
	for (size_t i = 0; i < p->ledger.count; i++, zone = zone->next) {
		char path[SWAP_PATH_BYTES];
		if (zone->is_gone || zone->must_compare || zone->seen.published_at_ms == 0 ||
		        !swap_render_path(&p->swap, &zone->seen.name, path) ||
		        access(path, F_OK) == 0)
			continue;
		log_warning("%s was taken away: it is published again", path);
		ledger_note_doubt(&p->ledger, zone, p->turn_ms);
	}
}
