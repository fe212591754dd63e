/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /records: lists of records, and adding one.
 */
#ifndef COREGATE_API_RECORDS_H
#define COREGATE_API_RECORDS_H

#include "api/plan.h"

plan_fn plan_records_list;
answer_fn answer_records_list;

plan_fn plan_records_add;
answer_fn answer_records_add;

#endif
