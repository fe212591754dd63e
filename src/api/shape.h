/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shapes of answers that several resources share: the envelope, a record, an RRset, links.
 */
#ifndef COREGATE_API_SHAPE_H
#define COREGATE_API_SHAPE_H

#include "api/plan.h"
#include "core/json.h"

/* Opens {"success":true,"data":… in the response body; shape_close ends it and, for a list, adds
 * "next" (NULL: null). */
void shape_open(struct http_response *response, int status, struct json_writer *ret_writer);
void shape_close(struct json_writer *writer);
void shape_close_list(struct json_writer *writer, const char *next_cursor);

/* One record {name, record_type, value, ttl, expires_at?, zone}. The name of the member, or NULL in
 * an array. */
void shape_put_record(struct arena *arena, struct json_writer *writer, const struct name *zone,
        const struct rrset *rrset, size_t value_index);

/* The RRset as `data`: {name, record_type, ttl, values, expires?: [{value, expires_at}], zone}. */
void shape_put_rrset(struct arena *arena, struct json_writer *writer, const struct name *zone,
        const struct rrset *rrset);

/* One side of a change as a member {ttl, values}; null where there was or is nothing. */
void shape_put_side(struct arena *arena, struct json_writer *writer, const char *member,
        const struct rrset *rrset);

/* What a change did, as the member "diff"; NULL: it is not known. */
void shape_put_diff(
        struct arena *arena, struct json_writer *writer, const struct told_change *change);

/* A value in the API's spelling; NULL when the arena is full. */
const char *shape_value(struct arena *arena, uint16_t type, const struct rdata *value);

/* "2026-11-23T11:36:42Z" as a member. */
void shape_put_time(struct json_writer *writer, const char *name, int64_t wall_ms);

/* "state" and "checked_at" (null when never asked) as members. */
void shape_put_health(struct json_writer *writer, const struct health *health);

/* Headers: ETag of a revision, Change-Id of an outcome (none when nothing changed), Location of an
 * RRset, and Link rel="next" with this request's own query and the new cursor. */
void shape_put_etag(struct arena *arena, struct http_response *response, uint64_t revision);
void shape_put_change_id(
        struct arena *arena, struct http_response *response, const struct outcome *outcome);
void shape_put_location(struct arena *arena, struct http_response *response, const char *collection,
        const struct name *name, const uint16_t *type);
void shape_put_next_link(const struct answer_input *input, struct http_response *response,
        const char *collection, const char *next_cursor);

#endif
