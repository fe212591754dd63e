/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/routes.h"

#include "api/audit.h"
#include "api/changes.h"
#include "api/history.h"
#include "api/operations.h"
#include "api/records.h"
#include "api/revocations.h"
#include "api/rrsets.h"
#include "api/servers.h"
#include "api/tokens.h"
#include "api/transfer.h"
#include "api/verify.h"
#include "api/zones.h"

/* method, pattern, open, change, plan, answer */
#define ROUTES(ROUTE)                                                                              \
	ROUTE(GET, "/records", false, false, plan_records_list, answer_records_list)               \
	ROUTE(POST, "/records", false, true, plan_records_add, answer_records_add)                 \
	ROUTE(GET, "/records/{name}/{type}", false, false, plan_rrset_get, answer_rrset_get)       \
	ROUTE(PUT, "/records/{name}/{type}", false, true, plan_rrset_put, answer_rrset_put)        \
	ROUTE(PATCH, "/records/{name}/{type}", false, true, plan_rrset_patch, answer_rrset_patch)  \
	ROUTE(DELETE, "/records/{name}/{type}", false, true, plan_rrset_delete,                    \
	        answer_rrset_delete)                                                               \
	ROUTE(POST, "/changes", false, true, plan_changes_add, answer_change)                      \
	ROUTE(GET, "/changes", false, false, plan_history_list, answer_history_list)               \
	ROUTE(GET, "/changes/{id}", false, false, plan_change_get, answer_change)                  \
	ROUTE(POST, "/changes/{id}/revert", false, true, plan_change_revert, answer_change)        \
	ROUTE(GET, "/verify", false, false, plan_verify, answer_verify)                            \
	ROUTE(GET, "/zones", false, false, plan_zones_list, answer_zones_list)                     \
	ROUTE(POST, "/zones", false, true, plan_zone_add, answer_zone_add)                         \
	ROUTE(GET, "/zones/{zone}", false, false, plan_zone_get, answer_zone_get)                  \
	ROUTE(PATCH, "/zones/{zone}", false, true, plan_zone_edit, answer_zone_edit)               \
	ROUTE(DELETE, "/zones/{zone}", false, true, plan_zone_delete, answer_zone_delete)          \
	ROUTE(GET, "/zones/{zone}/export", false, false, plan_zone_export, answer_zone_export)     \
	ROUTE(POST, "/zones/{zone}/import", false, true, plan_zone_import, answer_zone_import)     \
	ROUTE(GET, "/token", false, false, plan_token, NULL)                                       \
	ROUTE(POST, "/tokens", false, true, plan_token_issue, answer_token_issue)                  \
	ROUTE(GET, "/revocations", false, false, plan_revocations_list, answer_revocations_list)   \
	ROUTE(POST, "/revocations", false, true, plan_revocation_add, answer_revocation_add)       \
	ROUTE(GET, "/audit", false, false, plan_audit, answer_audit)                               \
	ROUTE(GET, "/servers", false, false, plan_servers_list, answer_servers_list)               \
	ROUTE(POST, "/servers", false, true, plan_server_add, answer_server_add)                   \
	ROUTE(GET, "/servers/{hostname}", false, false, plan_server_get, answer_server_get)        \
	ROUTE(PUT, "/servers/{hostname}", false, true, plan_server_move, answer_server_move)       \
	ROUTE(DELETE, "/servers/{hostname}", false, true, plan_server_delete,                      \
	        answer_server_delete)                                                              \
	ROUTE(GET, "/health", true, false, plan_health, NULL)                                      \
	ROUTE(GET, "/ready", true, false, plan_ready, NULL)                                        \
	ROUTE(GET, "/metrics", true, false, plan_metrics, NULL)                                    \
	ROUTE(GET, "/openapi.json", true, false, plan_openapi, NULL)

const struct route api_route_patterns[] = {
#define ROUTE(method, pattern, is_open, is_change, plan, answer) { pattern, HTTP_##method },
	ROUTES(ROUTE)
#undef ROUTE
};

const size_t api_route_count = sizeof(api_route_patterns) / sizeof(api_route_patterns[0]);

const struct api_route api_routes[] = {
#define ROUTE(method, pattern, is_open, is_change, plan, answer)                                   \
	{ is_open, is_change, plan, answer },
	ROUTES(ROUTE)
#undef ROUTE
};
