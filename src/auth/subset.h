/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether a token permits no more than another one, on every axis. Pure functions over values. Yes
 * is always right: whatever the child may do, its parent may do. No can be too strict: two blocks
 * of addresses that together make one, say, are not put together.
 */
#ifndef COREGATE_AUTH_SUBSET_H
#define COREGATE_AUTH_SUBSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/claims.h"

/* Keys of a grant first, then claims. */
enum subset_axis {
	SUBSET_Z,
	SUBSET_N,
	SUBSET_S,
	SUBSET_P,
	SUBSET_W,
	SUBSET_T,
	SUBSET_A,
	SUBSET_TTL,
	SUBSET_MAX,
	SUBSET_IP,
	SUBSET_EXP,
	SUBSET_ADM,
	SUBSET_DG,
	SUBSET_PAR,
	SUBSET_SUB,
	SUBSET_RL,
	SUBSET_AXIS__MAX
};

/* "z", … as a token spells it. Static storage. */
const char *subset_axis_name(enum subset_axis axis);

/* One sentence for people about a child that goes beyond its parent there. Static storage. */
const char *subset_axis_detail(enum subset_axis axis);

struct subset_fault {
	enum subset_axis axis;
	size_t index; /* of the grant for the keys of a grant, of the block for SUBSET_IP, else 0 */
};

/* At most one for each grant and address block and for each other claim. */
#define SUBSET_FAULTS_MAX (TOKEN_GRANTS_MAX + TOKEN_CIDRS_MAX + SUBSET_AXIS__MAX)

/* Where the child goes beyond what its parent may hand down; the number of faults, 0 for a subset.
 * Both are as claims_parse gives them; the child's parents are to be the parent's and the parent
 * itself. Each effect of each grant of the child must lie in one grant of the parent; different
 * effects may lie in different ones. Another subject needs token.issue. */
size_t subset_check(const struct token *parent, const struct token *child,
        struct subset_fault ret_faults[static SUBSET_FAULTS_MAX]);

/* So many units in a window of so many seconds. */
struct subset_rate {
	uint32_t quota;
	uint32_t window_s;
};

/* True when the child's rate allows no more at once and no more in the long run. */
bool subset_has_rate(const struct subset_rate *parent, const struct subset_rate *child);

#endif
