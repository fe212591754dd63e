/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of what is wrong with a request, each at its JSON pointer (RFC 6901) or query
 * parameter. All faults are collected, so that a client learns of them in one answer.
 */
#ifndef COREGATE_CORE_FAULTS_H
#define COREGATE_CORE_FAULTS_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

/* More than this many are not kept. */
#define FAULTS_MAX 1000 /* one for each op of the largest change */

/* So many need no memory beyond the list itself; a list that goes on moves into the arena. */
#define FAULTS_INLINE 4

struct fault {
	const char *pointer; /* "/changes/0/value", or "?limit" for a query parameter */
	enum err err;
	const char *detail; /* one sentence for people */
	unsigned line;      /* of an imported file; 0: none */
	const char *axis;   /* which limit of a token it goes beyond (auth/subset.h); NULL: none */
};

/* Not to be copied: items may point into it. */
struct faults {
	struct arena *arena;
	size_t count;
	size_t room;
	struct fault *items;
	struct fault first[FAULTS_INLINE];
};

/* An empty list whose texts will live in arena. When the arena is full further faults are not kept,
 * but the first ones always are. */
void faults_init(struct faults *faults, struct arena *arena);

/* Adds a fault; pointer is copied, detail is formatted into the arena. Returns err, so that a
 * caller can write `return faults_add(…)`. */
enum err faults_add(struct faults *faults, enum err err, const char *pointer, const char *format,
        ...) PRINTF_LIKE(4, 5);

/* The same at a line of a file; the pointer is "". */
enum err faults_add_line(struct faults *faults, unsigned line, enum err err, const char *format,
        ...) PRINTF_LIKE(4, 5);

/* ERR_OK when the list is empty, else the error of the first fault. */
enum err faults_err(const struct faults *faults);

#endif
