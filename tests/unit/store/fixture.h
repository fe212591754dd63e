/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A store in a folder of its own, and changes written as text, for the tests of store/.
 */
#ifndef COREGATE_TESTS_STORE_FIXTURE_H
#define COREGATE_TESTS_STORE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "dns/change.h"
#include "store/reader.h"
#include "store/writer.h"

struct fixture {
	char folder[64];
	char path[96];
	struct store_settings settings;
	struct writer *writer;
	struct reader *reader;
	struct arena *arena; /* of the change under test; reset by the next one */
	int64_t now_ms;
};

/* Opens a new store without zones. Failures end the program. */
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/* Closes and opens the writer; the files stay. */
void fixture_reopen_writer(struct fixture *fixture);

struct name fixture_name(const char *text);
struct rdata fixture_value(struct arena *arena, const char *type, const char *text);

/* A change of ops separated by " ; ", each of these words:
 *   zone NAME                      a new zone with one name server
 *   dropzone NAME
 *   edit ZONE [options] refresh|retry|expire|minimum|ttl=N ttl=none mname|contact=NAME …
 *   add|put|patch NAME TYPE [options] VALUE…
 *   drop NAME TYPE [options]
 *   dropvalue NAME TYPE [options] VALUE
 *   revert CHANGE
 *   revoke token|subject|key VALUE [before=MS] [expires=MS]
 * Options: ttl=N, if=*|N, ifnone=*|N, may=LETTERS (c u d), ttlmin=N, ttlmax=N, max=N (values),
 * in=ZONE (instead of the longest match), expires=MS (of the values to put or add). A value's
 * spaces are written "~", and "-VALUE" is one to remove. Everything is permitted unless told
 * otherwise. Lives in fixture->arena. */
struct change *fixture_change(struct fixture *fixture, const char *text);

/* The same, applied in a batch of its own with an audit row that is not chained. */
enum err fixture_apply(struct fixture *fixture, const char *text, struct outcome *ret_outcome);

/* Changes separated by " | "; all but the last must succeed. What the last one comes to. */
enum err fixture_run(struct fixture *fixture, const char *text, struct outcome *ret_outcome);

/* A batch of twenty changes all over example.com, other ones each round. */
void fixture_put_batch(struct fixture *fixture, unsigned round);

/* "TTL VALUE VALUE…" of an RRset in the arena, "" when there is none. */
const char *fixture_rrset(struct fixture *fixture, const char *name, const char *type);

struct zone fixture_zone(struct fixture *fixture, const char *name);

#endif
