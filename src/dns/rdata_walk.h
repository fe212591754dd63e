/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A walk over RDATA on the wire, field by field, as the layouts of dns/type.def say.
 */
#ifndef COREGATE_DNS_RDATA_WALK_H
#define COREGATE_DNS_RDATA_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A walk over the fields of RDATA. */
struct rdata_walk {
	const char *layout; /* the letters still to come */
	const uint8_t *bytes;
	size_t length;
	size_t at;
	bool failed; /* the RDATA does not follow its layout */
};

/* One field. letter is that of the layout, but a gateway that is a name is an 'n'. */
struct rdata_field {
	char letter;
	size_t at;
	size_t length;
};

/* Starts a walk by layout, which type_layout gave and is not NULL. */
void rdata_walk_init(
        struct rdata_walk *walk, const char *layout, const uint8_t *bytes, size_t length);

/* The next field; false at the end, or with walk->failed set when the RDATA does not follow. */
bool rdata_walk_next(struct rdata_walk *walk, struct rdata_field *ret_field);

/* Lowers the letters of embedded names in place, as far as the layout can be followed. */
void rdata_lower_names(uint16_t type, uint8_t *bytes, size_t length);

#endif
