/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A zone file becomes the zone: read, compared with what is there, and made one change. That takes
 * the responder until it is done, so nginx sends such requests to responders of their own
 * (docs/adr/0010).
 */
#ifndef COREGATE_EXECUTE_IMPORT_H
#define COREGATE_EXECUTE_IMPORT_H

#include "exchange.h"

#define IMPORT_BODY_MAX ((size_t)64 << 20)

/* The file, all that is made of it, and what the writer is sent. */
#define IMPORT_MEMORY_BYTES ((size_t)416 << 20)

/* So many RRsets become an ordinary change; more are staged. */
#define IMPORT_SMALL_MAX 500u

/* Whether the request is an import, as far as its route tells. */
bool execute_import_is_it(const struct exchange *x);

/* Reads the file, if the token may import that zone at all. */
MUST_CHECK enum err execute_import_read(struct exchange *x, char **ret_bytes);

/* Whether the token may import a zone. ERR_NOT_PERMITTED. */
MUST_CHECK enum err execute_import_permit(const struct exchange *x, const struct name *zone);

/* Whether the client wants the zone to be in one state and no other until the import is made. */
bool execute_import_is_guarded(const struct exchange *x);

/* All of it, into x->outcome. Faults of the file go into x->faults. */
MUST_CHECK enum err execute_import(struct exchange *x);

#endif
