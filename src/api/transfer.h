/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A whole zone as a zone file (RFC 1035 section 5): GET /zones/{zone}/export,
 * POST /zones/{zone}/import.
 */
#ifndef COREGATE_API_TRANSFER_H
#define COREGATE_API_TRANSFER_H

#include "api/plan.h"

plan_fn plan_zone_export;
answer_fn answer_zone_export;
plan_fn plan_zone_import;
answer_fn answer_zone_import;

#endif
