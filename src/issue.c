/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "issue.h"

#include <stdio.h>
#include <string.h>

#include "auth/paseto.h"
#include "auth/subset.h"
#include "core/secret.h"

#define CLAIMS_BYTES_MAX  8192u
#define PARENTS_BYTES_MAX ((TOKEN_PARENTS_MAX + 1) * (TOKEN_ID_MAX + 1) + 1)
#define TOKEN_ID_BYTES    16u
#define POINTER_BYTES     32u
#define SECOND_MS         1000

/* The key that signs, as the key ring knows it. */
static const struct keyring_key *find_ceiling(const struct exchange *x)
{
	char key_id[KEY_ID_BYTES];
	struct key public;
	key_get_public(x->pipeline->settings.issuing_key, &public);
	key_render_id(&public, key_id);
	return keyring_find(x->pipeline->settings.keyring, key_id);
}

/* ---- may it be made ---- */

static void refuse(
        struct exchange *x, const char *pointer, enum subset_axis axis, const char *detail)
{
	size_t count = x->faults.count;
	faults_add(&x->faults, ERR_NOT_PERMITTED, pointer, "%s", detail);
	if (x->faults.count > count)
		x->faults.items[count].axis = subset_axis_name(axis);
}

/* Where in the body the axis is said, or would be. */
static void render_pointer(const struct exchange *x, const struct subset_fault *fault,
        char ret_pointer[static POINTER_BYTES])
{
	const struct token_wanted *wanted = x->plan.token_wanted;
	const char *name = subset_axis_name(fault->axis);
	if (fault->axis <= SUBSET_MAX && wanted->preset != NULL)
		snprintf(ret_pointer, POINTER_BYTES, "/preset");
	else if (fault->axis <= SUBSET_MAX)
		snprintf(ret_pointer, POINTER_BYTES, "/g/%zu/%s", fault->index, name);
	else if (fault->axis == SUBSET_IP && wanted->cidrs.count > 0)
		snprintf(ret_pointer, POINTER_BYTES, "/ip/%zu", fault->index);
	else if (fault->axis == SUBSET_EXP && wanted->seconds != NULL)
		snprintf(ret_pointer, POINTER_BYTES, "/lifetime");
	else if (fault->axis == SUBSET_PAR)
		ret_pointer[0] = '\0';
	else
		snprintf(ret_pointer, POINTER_BYTES, "/%s", name);
}

static bool has_rates(const struct conf_rate_class *parent, const struct conf_rate_class *child)
{
	const struct subset_rate requests[] = { { parent->requests, parent->requests_window_s },
		{ child->requests, child->requests_window_s } };
	const struct subset_rate records[] = { { parent->records, parent->records_window_s },
		{ child->records, child->records_window_s } };
	return subset_has_rate(&requests[0], &requests[1]) &&
	       subset_has_rate(&records[0], &records[1]);
}

/* latest_ms: the end that the key ring and the configuration allow. */
static enum err check_child(struct exchange *x, const struct keyring_key *key,
        const struct token *child, int64_t latest_ms)
{
	struct subset_fault faults[SUBSET_FAULTS_MAX];
	char pointer[POINTER_BYTES];
	const char *detail = "";
	size_t count = subset_check(x->token, child, faults);
	for (size_t i = 0; i < count; i++) {
		render_pointer(x, &faults[i], pointer);
		refuse(x, pointer, faults[i].axis, subset_axis_detail(faults[i].axis));
	}
	const struct conf_rate_class *class =
	        conf_find_rate_class(x->pipeline->settings.conf, child->rate_class);
	if (x->plan.token_wanted->rate_class != NULL && !has_rates(x->class, class))
		refuse(x, "/rl", SUBSET_RL, subset_axis_detail(SUBSET_RL));
	if (count > 0 || faults_err(&x->faults) != ERR_OK)
		return faults_err(&x->faults);
	if (child->expires_ms > latest_ms) {
		render_pointer(x, &(struct subset_fault){ SUBSET_EXP, 0 }, pointer);
		refuse(x, pointer, SUBSET_EXP, "tokens made here do not live so long");
	} else if (keyring_check(key, child, &detail) != ERR_OK) {
		faults_add(&x->faults, ERR_NOT_PERMITTED, "", "The ceiling of the issuing key: %s.",
		        detail);
	}
	return faults_err(&x->faults);
}

/* ---- making it ---- */

/* A request that comes again with its Idempotency-Key gets the same token, which is kept nowhere:
 * so its id follows from the request then. */
static const char *make_token_id(const struct exchange *x)
{
	uint8_t bytes[DIGEST_BYTES];
	_Static_assert(TOKEN_ID_BYTES <= DIGEST_BYTES, "an id is the beginning of a digest");
	char *text = arena_alloc(x->arena, 2 * TOKEN_ID_BYTES + 1);
	const char *asker =
	        x->idempotency.key == NULL
	                ? NULL
	                : arena_printf(x->arena, "%s %s", x->token->token_id, x->idempotency.key);
	if (asker != NULL)
		digest_blake2b(
		        asker, strlen(asker), x->idempotency.fingerprint, DIGEST_BYTES, bytes);
	else
		random_bytes(bytes, TOKEN_ID_BYTES);
	if (text != NULL)
		hex_render(bytes, TOKEN_ID_BYTES, text);
	return text;
}

/* The parent has room for one more ancestor: subset_check said so. */
static void put_parents(const struct exchange *x, struct token *child)
{
	const struct token *parent = x->token;
	for (size_t i = 0; i < parent->parent_count; i++)
		child->parents[i] = parent->parents[i];
	child->parents[parent->parent_count] = parent->token_id;
	child->parent_count = parent->parent_count + 1;
}

static const char *render_parents(struct arena *arena, const struct token *child)
{
	struct buf buf;
	buf_init(&buf, arena, PARENTS_BYTES_MAX);
	for (size_t i = 0; i < child->parent_count; i++) {
		buf_put_string(&buf, child->parents[i]);
		buf_put_char(&buf, ' ');
	}
	return buf_string(&buf);
}

/* Only what the verifier will take is signed. */
static enum err render_claims(
        struct exchange *x, const struct token *child, struct paseto_piece *ret_claims)
{
	const struct claims_memory memory = { x->arena, x->arena };
	struct token again;
	const char *detail;
	struct buf buf;
	buf_init(&buf, x->arena, CLAIMS_BYTES_MAX);
	claims_render(&buf, child);
	const char *text = buf_string(&buf);
	if (text == NULL || buf.length > PASETO_TOKEN_MAX)
		return ERR_TOO_LARGE;
	enum err err = claims_parse(&memory, text, buf.length, &again, &detail);
	if (err != ERR_OK)
		return err == ERR_BAD_TOKEN ? ERR_INTERNAL : err;
	*ret_claims = (struct paseto_piece){ text, buf.length };
	return ERR_OK;
}

static enum err sign(struct exchange *x, const struct keyring_key *key, struct paseto_piece claims)
{
	char footer[PASETO_FOOTER_LENGTH + 1];
	paseto_render_footer(key->key_id, footer);
	const struct paseto_claim claim = {
		.message = claims,
		.footer = { footer, PASETO_FOOTER_LENGTH },
		.assertion = paseto_assertion(x->arena, x->pipeline->settings.conf->token_audience),
	};
	if (claim.assertion.bytes == NULL)
		return ERR_TOO_LARGE;
	return paseto_sign(x->arena, x->pipeline->settings.issuing_key, &claim, &x->plan.token);
}

static enum err make_child(struct exchange *x, const struct keyring_key *key, struct token *child,
        struct issued_token *ret_issued)
{
	child->token_id = make_token_id(x);
	if (child->token_id == NULL)
		return ERR_TOO_LARGE;
	put_parents(x, child);
	struct paseto_piece claims = { 0 };
	enum err err = render_claims(x, child, &claims);
	if (err == ERR_OK)
		err = sign(x, key, claims);
	const char *parents = render_parents(x->arena, child);
	if (err != ERR_OK || parents == NULL)
		return err != ERR_OK ? err : ERR_TOO_LARGE;
	*ret_issued = (struct issued_token){
		.token_id = child->token_id,
		.subject = child->subject,
		.key_id = key->key_id,
		.parents = parents,
		.claims = claims.bytes,
		.parent_issued_ms = x->token->issued_ms,
		.expires_ms = child->expires_ms,
	};
	return ERR_OK;
}

/* The last moment that a token of the key may live to. */
static int64_t find_latest(const struct exchange *x, const struct keyring_key *key)
{
	int64_t life_ms = (int64_t)x->pipeline->settings.conf->token_max_lifetime_s * SECOND_MS;
	if (key->max_lifetime_ms > 0 && key->max_lifetime_ms < life_ms)
		life_ms = key->max_lifetime_ms;
	int64_t latest_ms = exchange_first_ms(x) / SECOND_MS * SECOND_MS + life_ms;
	if (key->not_after_ms != 0 && key->not_after_ms < latest_ms)
		latest_ms = key->not_after_ms;
	return latest_ms;
}

enum err issue_permit(struct exchange *x, struct op *op)
{
	const struct keyring_key *key =
	        x->pipeline->settings.issuing_key != NULL ? find_ceiling(x) : NULL;
	if (key == NULL) {
		x->detail = "This service makes no tokens: it has no issuing key.";
		return ERR_NOT_FOUND;
	}
	int64_t latest_ms = find_latest(x, key);
	int64_t default_ms = latest_ms < x->token->expires_ms ? latest_ms : x->token->expires_ms;
	struct token child;
	enum err err = issue_parse(x, default_ms, &child);
	if (err == ERR_OK)
		err = check_child(x, key, &child, latest_ms);
	if (err == ERR_OK)
		err = make_child(x, key, &child, &op->issued);
	if (err == ERR_TOO_LARGE)
		x->detail = "The token would be longer than 4096 characters.";
	op->bounds[0] = (struct bound){ .actions = EFFECT_CREATE };
	op->bound_count = 1;
	return err;
}
