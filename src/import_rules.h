/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules between RRsets, held against a whole zone while it goes by in canonical order: an
 * ancestor comes before what is below it, and the types of a name by their numbers.
 */
#ifndef COREGATE_IMPORT_RULES_H
#define COREGATE_IMPORT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/faults.h"
#include "dns/name.h"

struct import_key {
	size_t length;
	uint8_t bytes[NAME_KEY_BYTES];
};

struct import_rules {
	struct import_key owner; /* of the RRset before */
	bool has_owner;
	bool has_cname;
	bool has_other;        /* some other type */
	struct import_key cut; /* the last NS, and the last DNAME, if this may be below */
	struct import_key dname;
	bool has_cut;
	bool has_dname;
	uint32_t cname_line; /* of each; 0: it was there before */
	uint32_t other_line;
	uint32_t cut_line;
	uint32_t dname_line;
};

/* The next RRset of the zone. */
struct import_present {
	const struct name *owner;
	const struct import_key *key;
	uint16_t type;
	bool is_apex;
	uint32_t line; /* 0: it was there before */
};

/* Notes a fault when it cannot stand beside those before. */
void import_rules_check(
        struct import_rules *rules, const struct import_present *present, struct faults *faults);

#endif
