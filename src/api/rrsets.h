/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /records/{name}/{type}: one RRset.
 */
#ifndef COREGATE_API_RRSETS_H
#define COREGATE_API_RRSETS_H

#include "api/plan.h"

plan_fn plan_rrset_get;
answer_fn answer_rrset_get;

plan_fn plan_rrset_put;
answer_fn answer_rrset_put;

plan_fn plan_rrset_patch;
answer_fn answer_rrset_patch;

plan_fn plan_rrset_delete;
answer_fn answer_rrset_delete;

#endif
