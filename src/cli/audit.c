/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/audit.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/chain.h"
#include "audit/row.h"
#include "cli/place.h"
#include "core/arena.h"
#include "core/clock.h"
#include "store/reader.h"

#define ARENA_BYTES       ((size_t)64 << 20)
#define PLACE_ARENA_BYTES ((size_t)64 << 10)

#define STORE_HELP                                                                                 \
	"  --config FILE    the configuration that names the store (" PLACE_STANDARD_CONFIG ")\n"  \
	"  --store PATH     the database, instead of the configuration's\n"

static const char verify_help[] =
        "usage: coregate audit verify [--config FILE | --store PATH] [--head SEQ:HASH]\n"
        "\n"
        "Recomputes the chain of the audit log. An edited, missing, added or moved row shows, and "
        "so\n"
        "does a missing tail. Prints the number of rows and the head. Note the head elsewhere "
        "from\n"
        "time to time: only that shows a chain that was made anew as a whole.\n"
        "\n" STORE_HELP
        "  --head SEQ:HASH  a head that was noted before and must be part of the chain\n";

static const char export_help[] =
        "usage: coregate audit export [--config FILE | --store PATH] [--since TIME]\n"
        "\n"
        "Writes the rows of the audit log to standard output, one JSON object a line.\n"
        "\n" STORE_HELP
        "  --since TIME     only rows from this time on (RFC 3339, 2026-01-31T12:00:00Z)\n";

/* What a command works with. */
struct work {
	struct place place;
	const char *store_path; /* from the place */
	const char *head_text;
	const char *since_text;
	struct arena *place_arena;
	struct arena *arena;
	struct reader *reader;
	struct audit_check check;
	int64_t since_ms;
	bool is_cut; /* a row did not fit the memory or standard output */
};

static bool open_store(struct work *work)
{
	work->place_arena = arena_open(PLACE_ARENA_BYTES);
	if (work->place_arena == NULL || !place_find(work->place_arena, &work->place))
		return false;
	work->store_path = work->place.store_path;
	const struct store_settings settings = { .path = work->store_path };
	if (access(work->store_path, R_OK) != 0) {
		command_fail("%s: %s", work->store_path, strerror(errno));
		return false;
	}
	work->arena = arena_open(ARENA_BYTES);
	work->reader = work->arena != NULL ? reader_open(&settings) : NULL;
	if (work->reader == NULL) {
		command_fail("there is not enough memory");
		return false;
	}
	if (reader_begin(work->reader) == ERR_OK)
		return true;
	command_fail("%s: the store cannot be read", work->store_path);
	return false;
}

static int finish(struct work *work, int status)
{
	if (work->reader != NULL)
		reader_end(work->reader);
	reader_close(work->reader);
	arena_close(work->arena);
	arena_close(work->place_arena);
	return status;
}

static bool check_row(void *context, const struct audit_row *row)
{
	struct work *work = context;
	return audit_check_row(&work->check, work->arena, row);
}

static int verify(struct work *work)
{
	struct audit_head head;
	enum err err = reader_audit_head(work->reader, &head);
	if (err == ERR_OK)
		err = reader_list_audit(work->reader, 0, check_row, work);
	if (err != ERR_OK)
		return command_fail("%s: the audit log cannot be read", work->store_path);
	if (!audit_check_end(&work->check, &head))
		return command_fail("%s: row %" PRIu64 ": %s", work->store_path,
		        work->check.bad_seq, work->check.reason);
	char text[AUDIT_HEAD_TEXT_BYTES];
	printf("%" PRIu64 " rows, all good; head %s\n", head.seq, audit_render_head(&head, text));
	return command_finish(stdout);
}

static bool export_row(void *context, const struct audit_row *row)
{
	struct work *work = context;
	struct buf buf;
	if (row->at_ms < work->since_ms)
		return true;
	arena_reset(work->arena);
	buf_init(&buf, work->arena, ARENA_BYTES);
	audit_render_row(&buf, row);
	const char *line = buf_string(&buf);
	work->is_cut = line == NULL || puts(line) < 0;
	return !work->is_cut;
}

static int export(struct work *work)
{
	enum err err = reader_list_audit(work->reader, 0, export_row, work);
	if (err != ERR_OK || work->is_cut)
		return command_fail(
		        "%s: the audit log could not be exported as a whole", work->store_path);
	return command_finish(stdout);
}

/* COMMAND_OK, or what the command ends with. *ret_is_help: help was asked for and given. */
static int take_options(
        int argc, char **argv, struct work *work, const char *help, bool *ret_is_help)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "store", required_argument, NULL, 's' },
		{ "head", required_argument, NULL, 'd' },
		{ "since", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			work->place.config_path = optarg;
			break;
		case 's':
			work->place.store_path = optarg;
			break;
		case 'd':
			work->head_text = optarg;
			break;
		case 't':
			work->since_text = optarg;
			break;
		case 'h':
			*ret_is_help = true;
			return command_help(help);
		default:
			return command_misused("an option is not known or lacks its value");
		}
	}
	if (optind < argc)
		return command_misused("%s: not an option", argv[optind]);
	return COMMAND_OK;
}

int audit_command_verify(int argc, char **argv)
{
	struct work work = { 0 };
	bool is_help = false;
	int status = take_options(argc, argv, &work, verify_help, &is_help);
	if (status != COMMAND_OK || is_help)
		return status;
	if (work.since_text != NULL)
		return command_misused("--since belongs to export");
	struct audit_head noted;
	if (work.head_text != NULL && audit_parse_head(work.head_text, &noted) != ERR_OK)
		return command_misused("--head takes SEQ:HASH as verify prints it");
	audit_check_init(&work.check, work.head_text != NULL ? &noted : NULL);
	return finish(&work, open_store(&work) ? verify(&work) : COMMAND_FAILED);
}

int audit_command_export(int argc, char **argv)
{
	struct work work = { .since_ms = INT64_MIN };
	bool is_help = false;
	int status = take_options(argc, argv, &work, export_help, &is_help);
	if (status != COMMAND_OK || is_help)
		return status;
	if (work.head_text != NULL)
		return command_misused("--head belongs to verify");
	if (work.since_text != NULL &&
	        !clock_parse_rfc3339(work.since_text, strlen(work.since_text), &work.since_ms))
		return command_misused("--since takes a time as 2026-01-31T12:00:00Z");
	return finish(&work, open_store(&work) ? export(&work) : COMMAND_FAILED);
}
