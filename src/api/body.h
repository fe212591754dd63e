/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON bodies by table: each resource declares its fields, their kinds and where they go in a
 * struct; unknown members, missing ones and wrong kinds become faults in one place.
 */
#ifndef COREGATE_API_BODY_H
#define COREGATE_API_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/plan.h"
#include "core/json.h"

enum field_kind {
	FIELD_STRING,  /* const char * */
	FIELD_STRINGS, /* struct strings */
	FIELD_TTL,     /* struct ttl */
	FIELD_FLAG,    /* bool */
	FIELD_OBJECTS, /* struct objects */
	FIELD_JSON,    /* const struct json *, of any kind */
	FIELD_EXPIRY,  /* int64_t: wall clock in ms, in the future; 0: not given */
	FIELD_BOOL,    /* struct flag */
};

struct strings {
	bool is_set;
	size_t count;
	const char **items;
};

struct ttl {
	bool is_set;
	uint32_t seconds;
};

/* An array, to be taken apart with body_parse_object; element i has the pointer "/name/i". */
struct objects {
	bool is_set;
	const struct json *array;
};

struct flag {
	bool is_set;
	bool value;
};

struct field {
	const char *name;
	enum field_kind kind;
	bool is_required;
	size_t offset; /* offsetof in the struct that body_parse fills */
};

struct field_list {
	const struct field *fields;
	size_t count;
};

/* Parses input->request's body as one JSON object with these fields into *ret_struct, which the
 * caller zeroed. All faults are added to input->faults, then the error of the first is returned.
 * ERR_UNSUPPORTED_MEDIA_TYPE unless the content type is application/json. */
MUST_CHECK enum err body_parse(const struct plan_input *input, const struct field *fields,
        size_t field_count, void *ret_struct);

/* The same with a value inside the body; pointer is its place there. False when a fault was added.
 */
MUST_CHECK bool body_parse_object(const struct plan_input *input, const struct json *value,
        const char *pointer, const struct field_list *fields, void *ret_struct);

#endif
