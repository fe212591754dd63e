/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What was changed: one change, the list of them, undoing one; and the answer of every call that
 * tells its own change.
 */
#ifndef COREGATE_API_HISTORY_H
#define COREGATE_API_HISTORY_H

#include "api/plan.h"

enum err plan_change_get(const struct plan_input *input, struct plan *ret_plan);
enum err plan_history_list(const struct plan_input *input, struct plan *ret_plan);
enum err plan_change_revert(const struct plan_input *input, struct plan *ret_plan);

void answer_change(const struct answer_input *input, struct http_response *response);
void answer_history_list(const struct answer_input *input, struct http_response *response);

/* In place of any answer to a change that CoreDNS does not serve yet although the client waited:
 * 202, the change, and where to look how it goes on. */
void answer_pending(const struct answer_input *input, struct http_response *response);

/* In place of any answer to a change: no more than its id. Headers and status stay. */
void answer_minimal(const struct answer_input *input, struct http_response *response);

#endif
