/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /zones: list, create, get, edit, delete.
 */
#ifndef COREGATE_API_ZONES_H
#define COREGATE_API_ZONES_H

#include "api/plan.h"
#include "core/json.h"

plan_fn plan_zones_list;
answer_fn answer_zones_list;

plan_fn plan_zone_add;
answer_fn answer_zone_add;

plan_fn plan_zone_get;
answer_fn answer_zone_get;

plan_fn plan_zone_edit;
answer_fn answer_zone_edit;

plan_fn plan_zone_delete;
answer_fn answer_zone_delete;

/* The member "soa". */
void zone_put_soa(struct json_writer *writer, const struct zone_details *details);

#endif
