/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * POST /tokens: what is asked of a child token. What the words mean, and whether they may be
 * granted, is decided where tokens are known.
 */
#ifndef COREGATE_API_TOKENS_H
#define COREGATE_API_TOKENS_H

#include <stdint.h>

#include "api/body.h"
#include "api/plan.h"

/* Members that were not given are NULL, or have is_set false. */
struct token_wanted {
	const char *subject;        /* sub */
	const struct json *grants;  /* g, or: */
	const char *preset;         /* preset, with */
	struct strings zones;       /* zones and */
	struct strings names;       /* names */
	const char *expires;        /* exp, or: */
	const struct json *seconds; /* lifetime */
	struct strings cidrs;       /* ip */
	struct strings adm;         /* adm */
	const char *rate_class;     /* rl */
	const struct json *depth;   /* dg */
	const char *comment;        /* for the audit log */
};

plan_fn plan_token_issue;
answer_fn answer_token_issue;

#endif
