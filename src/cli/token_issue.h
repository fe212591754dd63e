/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What `coregate token issue` was asked for, between its options (token_issue.c) and the payload
 * that comes of them (token_payload.c).
 */
#ifndef COREGATE_CLI_TOKEN_ISSUE_H
#define COREGATE_CLI_TOKEN_ISSUE_H

#include <stddef.h>
#include <stdint.h>

#include "auth/paseto.h"
#include "auth/preset.h"
#include "core/arena.h"

#define ISSUE_LIST_MAX 16u

struct issue_list {
	size_t count;
	const char *items[ISSUE_LIST_MAX];
};

struct issue {
	struct arena *arena;
	int64_t now_ms;
	const char *key_path; /* texts are NULL when their option was not given */
	const char *password_path;
	const char *subject;
	const char *preset_name;
	const struct preset *preset;
	struct issue_list zones;
	struct issue_list names;
	struct issue_list grants;
	const char *grants_path;
	const char *expires;
	const char *not_before;
	struct issue_list cidrs;
	const char *rate_class;
	const char *adm;
	const char *depth;
	const char *audience;
	const char *issuer;
	const char *token_id;
	const char *out_path;
};

/* Makes the claims in their canonical spelling; what coregated would refuse is never made. An exit
 * status, with a message on failure. */
int issue_make_message(struct issue *issue, struct paseto_piece *ret_message);

#endif
