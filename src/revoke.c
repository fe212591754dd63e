/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "revoke.h"

#include <string.h>

#include "auth/key.h"
#include "auth/policy.h"

/* Whether the id is one of a text of ids, each with a space behind it. */
static bool is_listed(const char *ids, const char *id)
{
	size_t length = strlen(id);
	while (*ids != '\0') {
		size_t next = strcspn(ids, " ");
		if (next == length && memcmp(ids, id, length) == 0)
			return true;
		ids += next + (ids[next] == ' ');
	}
	return false;
}

/* What is known of the token with this id. */
struct target {
	bool is_own; /* the asking token, or made from it */
	int64_t expires_ms;
};

static enum err find_target(struct exchange *x, const char *token_id, struct target *ret_target)
{
	if (strcmp(token_id, x->token->token_id) == 0) {
		*ret_target = (struct target){ true, x->token->expires_ms };
		return ERR_OK;
	}
	const char *parents;
	int64_t expires_ms;
	enum err err =
	        reader_find_issued(x->pipeline->reader, x->arena, token_id, &parents, &expires_ms);
	if (err == ERR_OK)
		*ret_target = (struct target){ is_listed(parents, x->token->token_id), expires_ms };
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err revoke_permit(struct exchange *x, struct op *op)
{
	struct revocation *revocation = &op->revocation;
	struct target target = { 0 };
	if (revocation->kind == REVOCATION_KEY &&
	        !key_id_is_valid(revocation->value, strlen(revocation->value), KEY_V4_PUBLIC))
		return faults_add(&x->faults, ERR_BAD_REQUEST, "/kid",
		        "This must be the id of a key, k4.pid.….");
	enum err err = revocation->kind == REVOCATION_TOKEN
	                       ? find_target(x, revocation->value, &target)
	                       : ERR_OK;
	if (err != ERR_OK)
		return err;
	if (!target.is_own && !policy_may_admin(x->token, ADM_TOKEN_REVOKE, NULL))
		return ERR_NOT_PERMITTED;
	/* Forgotten any sooner, the token would be good again. */
	bool has_given_end = revocation->expires_ms != 0;
	if (target.expires_ms != 0 &&
	        (!has_given_end || revocation->expires_ms < target.expires_ms))
		revocation->expires_ms = target.expires_ms;
	op->bounds[0] = (struct bound){ .actions = EFFECT_CREATE };
	op->bound_count = 1;
	return ERR_OK;
}
