/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The resource /servers: what an orchestrator calls when it creates, moves and deletes a machine.
 */
#ifndef COREGATE_API_SERVERS_H
#define COREGATE_API_SERVERS_H

#include "api/plan.h"

plan_fn plan_servers_list;
answer_fn answer_servers_list;
plan_fn plan_server_add;
answer_fn answer_server_add;
plan_fn plan_server_get;
answer_fn answer_server_get;
plan_fn plan_server_move;
answer_fn answer_server_move;
plan_fn plan_server_delete;
answer_fn answer_server_delete;

#endif
