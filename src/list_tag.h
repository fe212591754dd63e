/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The entity tag of a list: known before the list is read, so that a 304 saves that work.
 */
#ifndef COREGATE_LIST_TAG_H
#define COREGATE_LIST_TAG_H

#include "exchange.h"

/* A number that is another whenever the answer may be another: after any change of the store, for
 * another query, for a token with other claims, and after the service was started anew (which its
 * cursors do not outlive). Never 0. To be called in the snapshot that the list is read from. */
MUST_CHECK enum err list_tag_get(const struct exchange *x, uint64_t *ret_tag);

#endif
