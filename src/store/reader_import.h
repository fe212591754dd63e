/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an import asks of the store beyond the zone itself.
 */
#ifndef COREGATE_STORE_READER_IMPORT_H
#define COREGATE_STORE_READER_IMPORT_H

#include "store/reader.h"

/* Changes of a zone with numbers above `after` up to `until`, but for one. */
struct touched_range {
	const struct name *zone;
	uint64_t after;
	uint64_t until;
	uint64_t except;
};

typedef bool touched_visitor(void *context, const struct name *owner, uint16_t type);

/* The RRsets that they touched; one may come twice. */
MUST_CHECK enum err reader_list_touched(struct reader *reader, const struct touched_range *range,
        touched_visitor *visit, void *context);

#endif
