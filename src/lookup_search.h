/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list of RRsets that leaves out what the index of searches says no to.
 */
#ifndef COREGATE_LOOKUP_SEARCH_H
#define COREGATE_LOOKUP_SEARCH_H

#include "lookup.h"

/* As reader_list_rrsets, in the same order and with the same positions, but RRsets that cannot have
 * what is wanted by type, value or search may be left out; all others are visited, whether they are
 * in the index yet or not. Between reader_begin and reader_end. */
MUST_CHECK enum err lookup_list_rrsets(const struct lookup *lookup,
        const struct records_wanted *wanted, rrset_visitor *visit, void *context,
        struct record_position *ret_next);

#endif
