/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup_server.h"

#include "auth/policy.h"
#include "dns/type.h"

#define BATCH_MAX 256u

typedef bool may_fn(const struct token *token, const struct name *zone, const struct name *owner,
        uint16_t type);

/* The zone that holds a name now; else the one given. */
static enum err zone_now(const struct lookup *lookup, const struct name *owner,
        const struct name *otherwise, struct name *ret_zone)
{
	struct zone zone;
	enum err err = reader_find_zone(lookup->reader, owner, &zone);
	if (err != ERR_OK && err != ERR_NO_SUCH_ZONE)
		return err;
	*ret_zone = err == ERR_OK ? zone.name : *otherwise;
	return ERR_OK;
}

static bool may_see(const struct lookup *lookup, const struct name *zone,
        const struct name *hostname, may_fn *may)
{
	return may(lookup->token, zone, hostname, TYPE_A) ||
	       may(lookup->token, zone, hostname, TYPE_AAAA);
}

/* Takes out the records that the token may not see. */
static enum err keep_visible(const struct lookup *lookup, struct server *server, may_fn *may)
{
	size_t kept = 0;
	for (size_t i = 0; i < server->record_count; i++) {
		const struct server_record *record = &server->records[i];
		struct name zone;
		enum err err = zone_now(lookup, &record->owner, &server->zone, &zone);
		if (err != ERR_OK)
			return err;
		if (may(lookup->token, &zone, &record->owner, record->type))
			server->records[kept++] = *record;
	}
	server->record_count = kept;
	return ERR_OK;
}

static enum err load(const struct lookup *lookup, const struct name *hostname, may_fn *may,
        struct server_details *ret_details)
{
	enum err err =
	        reader_find_server(lookup->reader, lookup->arena, hostname, &ret_details->server);
	if (err != ERR_OK)
		return err;
	board_get_health(lookup->board, HEALTH_SERVER, hostname, &ret_details->health);
	return keep_visible(lookup, &ret_details->server, may);
}

enum err lookup_server(const struct lookup *lookup, const struct name *hostname,
        struct server_details *ret_details)
{
	struct server_details details = { 0 };
	struct zone zone = { 0 };
	enum err found = load(lookup, hostname, policy_may_read, &details);
	if (found != ERR_OK && found != ERR_NOT_FOUND)
		return found;
	enum err err = lookup_zone_of(lookup, hostname, &zone);
	if (err != ERR_OK && found == ERR_NOT_FOUND)
		return err;
	if (err != ERR_OK)
		zone.name = details.server.zone;
	if (!may_see(lookup, &zone.name, hostname, policy_may_read))
		return ERR_NOT_PERMITTED;
	if (found == ERR_OK)
		*ret_details = details;
	return found;
}

/* ---- pages ---- */

/* Hostnames of some servers, as the list gives them. */
struct batch {
	size_t count;
	struct name hostnames[BATCH_MAX];
	struct name zones[BATCH_MAX];
};

static bool batch_take(void *context, const struct name *hostname, const struct name *zone)
{
	struct batch *batch = context;
	batch->hostnames[batch->count] = *hostname;
	batch->zones[batch->count++] = *zone;
	return batch->count < BATCH_MAX;
}

static enum err is_wanted(const struct lookup *lookup, const struct servers_wanted *wanted,
        const struct batch *batch, size_t index, bool *ret_wanted)
{
	const struct name *hostname = &batch->hostnames[index];
	struct name zone;
	struct health health;
	enum err err = zone_now(lookup, hostname, &batch->zones[index], &zone);
	if (err != ERR_OK)
		return err;
	board_get_health(lookup->board, HEALTH_SERVER, hostname, &health);
	*ret_wanted = (wanted->zone.length == 0 || name_is_equal(&wanted->zone, &zone)) &&
	              (!wanted->has_state || wanted->state == health.state) &&
	              may_see(lookup, &zone, hostname, policy_may_list);
	return ERR_OK;
}

/* *ret_full: the page has no more room. */
static enum err page_take(const struct lookup *lookup, const struct servers_wanted *wanted,
        const struct batch *batch, struct server_page *page, bool *ret_full)
{
	for (size_t i = 0; i < batch->count; i++) {
		bool takes = false;
		enum err err = is_wanted(lookup, wanted, batch, i, &takes);
		if (err != ERR_OK)
			return err;
		if (takes && page->count == wanted->limit) {
			*ret_full = true;
			return ERR_OK;
		}
		page->next = batch->hostnames[i];
		if (!takes)
			continue;
		err = load(
		        lookup, &batch->hostnames[i], policy_may_list, &page->servers[page->count]);
		if (err != ERR_OK)
			return err;
		page->count++;
	}
	return ERR_OK;
}

enum err lookup_servers(const struct lookup *lookup, const struct servers_wanted *wanted,
        struct server_page *ret_page)
{
	if (!policy_may_list_zone(lookup->token, wanted->zone.length > 0 ? &wanted->zone : NULL))
		return ERR_NOT_PERMITTED;
	struct batch *batch = arena_alloc(lookup->arena, sizeof(*batch));
	struct server_page page = {
		.servers = arena_calloc(lookup->arena, wanted->limit, sizeof(*page.servers)),
		.next = wanted->after,
	};
	if (batch == NULL || page.servers == NULL)
		return ERR_TOO_LARGE;
	bool is_full = false;
	for (unsigned seen = 0; seen < LOOKUP_EXAMINE_MAX && !is_full; seen += BATCH_MAX) {
		const struct server_filter filter = {
			.after = page.next.length > 0 ? &page.next : NULL,
			.under = wanted->under.length > 0 ? &wanted->under : NULL,
		};
		batch->count = 0;
		enum err err = reader_list_servers(lookup->reader, &filter, batch_take, batch);
		if (err == ERR_OK)
			err = page_take(lookup, wanted, batch, &page, &is_full);
		if (err != ERR_OK)
			return err;
		if (!is_full && batch->count < BATCH_MAX) {
			page.next.length = 0;
			break;
		}
	}
	*ret_page = page;
	return ERR_OK;
}
