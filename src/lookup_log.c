/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup_log.h"

#include "audit/row.h"
#include "auth/policy.h"

/* A page ends after this much text, with at least one row; a row is at most some 4 MiB long. */
#define AUDIT_PAGE_BYTES ((size_t)512 * 1024)
#define AUDIT_TEXT_MAX   ((size_t)6 * 1024 * 1024)

/* Rows that a filter may leave out before a page ends. */
#define AUDIT_EXAMINE_MAX 20000u

/* ---- revocations ---- */

struct revocation_walk {
	struct arena *arena;
	unsigned limit;
	struct revocation_page *page;
	bool is_full;
};

static bool revocation_visit(void *context, const struct revocation *revocation, int64_t at_ms)
{
	struct revocation_walk *walk = context;
	struct revocation_page *page = walk->page;
	if (page->count == walk->limit) {
		page->has_next = true;
		return false;
	}
	struct revocation_row *row = &page->rows[page->count];
	*row = (struct revocation_row){ .revocation = *revocation, .at_ms = at_ms };
	row->revocation.value = arena_strdup(walk->arena, revocation->value);
	walk->is_full = row->revocation.value == NULL;
	page->count += !walk->is_full;
	return !walk->is_full;
}

enum err lookup_revocations(const struct lookup *lookup, const struct revocations_wanted *wanted,
        struct revocation_page *ret_page)
{
	if (!policy_may_admin(lookup->token, ADM_TOKEN_REVOKE, NULL))
		return ERR_NOT_PERMITTED;
	struct revocation_page page = {
		.rows = arena_calloc(lookup->arena, wanted->limit, sizeof(*page.rows)),
	};
	if (page.rows == NULL)
		return ERR_TOO_LARGE;
	const struct revocation_mark after = {
		.at_ms = wanted->after_at_ms,
		.kind = wanted->after_kind,
		.value = wanted->after_value,
	};
	struct revocation_walk walk = { lookup->arena, wanted->limit, &page, false };
	enum err err = reader_list_revocations_after(lookup->reader,
	        wanted->after_value != NULL ? &after : NULL, revocation_visit, &walk);
	if (err == ERR_OK && walk.is_full)
		err = ERR_TOO_LARGE;
	if (err == ERR_OK)
		*ret_page = page;
	return err;
}

/* ---- the audit log ---- */

struct audit_walk {
	const struct audit_wanted *wanted;
	struct buf text;
	unsigned count;
	unsigned examined;
	uint64_t last; /* number of the last row that was looked at and is done with */
	bool has_next;
};

/* A row that does not fit behind others begins the next page. */
static bool audit_put(struct audit_walk *walk, const struct audit_row *row)
{
	size_t length = walk->text.length;
	if (walk->count > 0)
		buf_put_char(&walk->text, ',');
	audit_render_row(&walk->text, row);
	if (!buf_is_full(&walk->text) || walk->count == 0)
		return true;
	walk->text.length = length;
	walk->text.full = false;
	return false;
}

static bool audit_visit(void *context, const struct audit_row *row)
{
	struct audit_walk *walk = context;
	const struct audit_wanted *wanted = walk->wanted;
	walk->has_next = walk->count == wanted->limit || walk->text.length > AUDIT_PAGE_BYTES ||
	                 walk->examined == AUDIT_EXAMINE_MAX;
	if (walk->has_next)
		return false;
	walk->examined++;
	if (!wanted->has_since || row->at_ms >= wanted->since_ms) {
		walk->has_next = !audit_put(walk, row);
		if (walk->has_next)
			return false;
		walk->count++;
	}
	walk->last = row->seq;
	return true;
}

/* The number of the row before the first one that can be wanted; *ret_is_empty: there is none. */
static enum err audit_find_start(const struct lookup *lookup, const struct audit_wanted *wanted,
        uint64_t *ret_after, bool *ret_is_empty)
{
	*ret_after = wanted->after;
	*ret_is_empty = false;
	if (!wanted->has_since || wanted->after > 0)
		return ERR_OK;
	uint64_t first = 0;
	enum err err = reader_find_audit_since(lookup->reader, wanted->since_ms, &first);
	*ret_is_empty = first == 0;
	if (first > 0)
		*ret_after = first - 1;
	return err;
}

enum err lookup_audit(const struct lookup *lookup, struct arena *arena,
        const struct audit_wanted *wanted, struct audit_page *ret_page)
{
	if (!policy_may_admin(lookup->token, ADM_AUDIT_READ, NULL))
		return ERR_NOT_PERMITTED;
	struct audit_walk walk = { .wanted = wanted };
	uint64_t after;
	bool is_empty;
	buf_init(&walk.text, arena, AUDIT_TEXT_MAX);
	enum err err = audit_find_start(lookup, wanted, &after, &is_empty);
	if (err == ERR_OK && !is_empty)
		err = wanted->actor != NULL
		              ? reader_list_audit_of(
		                        lookup->reader, wanted->actor, after, audit_visit, &walk)
		              : reader_list_audit(lookup->reader, after, audit_visit, &walk);
	if (err != ERR_OK)
		return err;
	const char *rows = walk.count > 0 ? buf_string(&walk.text) : "";
	if (rows == NULL)
		return ERR_TOO_LARGE;
	*ret_page = (struct audit_page){ .rows = rows, .next = walk.has_next ? walk.last : 0 };
	return ERR_OK;
}
