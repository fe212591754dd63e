/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The history as a token may see it. A token sees what a change did to the RRsets that it may read
 * (letter r), and that there was a change when it may read any of them; of the zones of a change
 * it sees those of which it may read something.
 */
#ifndef COREGATE_LOOKUP_HISTORY_H
#define COREGATE_LOOKUP_HISTORY_H

#include "lookup.h"

/* One change with a part of its diff. ERR_NOT_FOUND when there is none that the token may see.
 * Whether there is anything to see is looked for in the first HISTORY_SCAN_MAX rows of a change. */
#define HISTORY_SCAN_MAX 200000u
MUST_CHECK enum err lookup_change(const struct lookup *lookup, const struct change_wanted *wanted,
        struct told_change *ret_change);

/* Whether the token may see a change. The zones are asked first: mostly they say no, whatever the
 * number of rows. *rows counts what was looked at, up to HISTORY_SCAN_MAX in all. */
MUST_CHECK enum err lookup_is_visible(
        const struct lookup *lookup, uint64_t id, size_t *rows, bool *ret_visible);

/* A page of the history, without diffs. It can be shorter than its limit and still have a next
 * one: at most HISTORY_EXAMINE_MAX changes are looked at for one answer. */
#define HISTORY_EXAMINE_MAX 5000u
MUST_CHECK enum err lookup_history(const struct lookup *lookup, const struct history_wanted *wanted,
        struct history_page *ret_page);

/* Whether the token may undo a change: for a zone that was made or dropped it needs zone.delete or
 * zone.create, for all else one grant that covers the opposite of each effect. ERR_NOT_FOUND as
 * lookup_change; ERR_NOT_PERMITTED. Adds to *record_count what undoing it costs. */
MUST_CHECK enum err lookup_reversion(
        const struct lookup *lookup, uint64_t change_id, uint32_t *record_count);

/* What the writer said of a change that is not in the history: a dry run, or one that changed
 * nothing. ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err lookup_outcome(
        const struct lookup *lookup, const struct outcome *outcome, struct told_change *ret_change);

#endif
