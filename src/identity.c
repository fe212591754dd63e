/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include "auth/bearer.h"
#include "core/clock.h"

#define HEADER_BYTES 256

static uint64_t identity_generation(void *context)
{
	const struct pipeline *pipeline = context;
	return atomic_load_explicit(
	        &pipeline->settings.shared->state->revocation_generation, memory_order_acquire);
}

static enum err identity_is_revoked(void *context, const struct token *token, bool *ret_revoked)
{
	struct reader *reader = ((struct pipeline *)context)->reader;
	bool revoked = false;
	enum err err = reader_is_revoked(
	        reader, REVOCATION_TOKEN, token->token_id, token->issued_ms, &revoked);
	for (size_t i = 0; err == ERR_OK && !revoked && i < token->parent_count; i++)
		err = reader_is_revoked(
		        reader, REVOCATION_TOKEN, token->parents[i], token->issued_ms, &revoked);
	if (err == ERR_OK && !revoked)
		err = reader_is_revoked(
		        reader, REVOCATION_SUBJECT, token->subject, token->issued_ms, &revoked);
	if (err == ERR_OK && !revoked)
		err = reader_is_revoked(
		        reader, REVOCATION_KEY, token->key_id, token->issued_ms, &revoked);
	if (err == ERR_OK)
		*ret_revoked = revoked;
	return err;
}

struct verifier *identity_open_verifier(struct pipeline *pipeline)
{
	const struct conf *conf = pipeline->settings.conf;
	const struct verifier_options options = {
		.keyring = pipeline->settings.keyring,
		.audience = conf->token_audience,
		.issuer = conf->token_issuer,
		.max_lifetime_ms = (int64_t)conf->token_max_lifetime_s * 1000,
		.cache_entries = conf->token_cache_entries,
		.revocation = { .context = pipeline,
		        .generation = identity_generation,
		        .is_revoked = identity_is_revoked },
	};
	return verifier_open(&options);
}

static const struct conf_rate_class *identity_find_class(const struct exchange *x)
{
	const struct conf *conf = x->pipeline->settings.conf;
	const struct conf_rate_class *class = conf_find_rate_class(conf, x->token->rate_class);
	return class != NULL ? class : conf_find_rate_class(conf, conf->rate_default_class);
}

enum err identity_identify(struct exchange *x)
{
	struct credentials credentials = { .address = x->request.remote_address };
	enum err err = bearer_parse(
	        x->request.authorization, &credentials.token, &credentials.token_length);
	if (err != ERR_OK)
		return err;
	err = verifier_check(x->pipeline->verifier, &credentials, x->now_ms, &x->token, &x->detail);
	if (err == ERR_OK)
		x->class = identity_find_class(x);
	return err;
}

enum err identity_charge(struct exchange *x, enum limit_kind kind, uint32_t cost)
{
	const struct conf_rate_class *class = x->class;
	x->limits.class_name = class->name;
	x->limits.quotas[LIMIT_REQUESTS] = (struct limit_quota){ .quota = class->requests,
		.window_s = class->requests_window_s };
	x->limits.quotas[LIMIT_RECORDS] = (struct limit_quota){ .quota = class->records,
		.window_s = class->records_window_s };
	x->limit_shown = kind;
	struct limit_verdict *verdict = &x->limits.verdicts[kind];
	const struct limit_charge charge = {
		.key = limit_key(x->token->subject, class->name, kind),
		.quota = x->limits.quotas[kind],
		.cost = cost,
	};
	limit_charge(x->pipeline->settings.shared->limits, &charge, clock_steady_ns(), verdict);
	if (verdict->allowed)
		return ERR_OK;
	metrics_add(x->pipeline->settings.shared->metrics,
	        kind == LIMIT_REQUESTS ? METRIC_RATELIMIT_REQUESTS : METRIC_RATELIMIT_RECORDS, 1);
	if (verdict->never) {
		x->detail = "This change touches more records than the rate class ever allows at "
		            "once; make it in parts.";
		return ERR_TOO_LARGE;
	}
	x->detail = kind == LIMIT_REQUESTS ? "This subject has made all the requests that its "
	                                     "rate class allows for now."
	                                   : "This subject has changed all the records that its "
	                                     "rate class allows for now.";
	return ERR_RATE_LIMITED;
}

enum err identity_charge_records(struct exchange *x)
{
	return identity_charge(x, LIMIT_RECORDS, (uint32_t)change_count_records(&x->plan.change));
}

void identity_put_limit_headers(struct exchange *x)
{
	struct arena *arena = x->seat->answer_arena;
	struct buf policy;
	struct buf state;
	buf_init(&policy, arena, HEADER_BYTES);
	buf_init(&state, arena, HEADER_BYTES);
	limit_render_policy(&x->limits, &policy);
	limit_render_state(&x->limits, x->limit_shown, &state);
	response_put_header(&x->response, "RateLimit-Policy", buf_string(&policy));
	response_put_header(&x->response, "RateLimit", buf_string(&state));
}
