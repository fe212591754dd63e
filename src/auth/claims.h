/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a token says: its claims as a value. Deny by default: an unknown claim, grant key, letter or
 * form makes the whole token unusable, so that a newer token never means less than it says.
 */
#ifndef COREGATE_AUTH_CLAIMS_H
#define COREGATE_AUTH_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/cidr.h"
#include "auth/key.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "dns/name.h"

#define TOKEN_GRANTS_MAX  16u
#define TOKEN_CIDRS_MAX   16u
#define TOKEN_PARENTS_MAX 4u
#define TOKEN_NAMES_MAX   128u /* names in all grants together */
#define TOKEN_TYPES_MAX   256u /* types in all grants together */
#define TOKEN_DEPTH_MAX   3u
#define TOKEN_STRING_MAX  128u /* octets of sub, iss and aud */
#define TOKEN_ID_MAX      64u  /* octets of jti */
#define TOKEN_CLASS_MAX   64u  /* octets of rl */

/* Letters of a grant's `a`. The three that change have the values of enum effect_action. */
enum grant_action {
	GRANT_CREATE = 1,
	GRANT_UPDATE = 2,
	GRANT_DELETE = 4,
	GRANT_READ = 8,  /* one RRset by its name and type */
	GRANT_LIST = 16, /* shows up in lists */
};

/* Words of `adm`. */
enum adm {
	ADM_ZONE_CREATE = 1,
	ADM_ZONE_DELETE = 2,
	ADM_ZONE_EXPORT = 4,
	ADM_ZONE_IMPORT = 8,
	ADM_TOKEN_ISSUE = 16,
	ADM_TOKEN_REVOKE = 32,
	ADM_AUDIT_READ = 64,
	ADM_METRICS = 128,
	ADM_ALL = 255,
};

struct name_list {
	size_t count;
	const struct name *names;
};

/* One grant. Relative names ("www", "@") are kept as a name whose root label stands for the zone:
 * "@" is the root. A prefix label is a name of one label. */
struct grant {
	bool all_zones;            /* z is ["*"] */
	struct name_list zones;    /* z */
	struct name_list exact;    /* n */
	struct name_list subtrees; /* s */
	struct name_list prefixes; /* p */
	bool all_types;            /* t has "*": every type but the protected ones */
	size_t type_count;
	const uint16_t *types; /* t */
	uint8_t actions;       /* set of enum grant_action */
	bool wildcards;        /* w: s and p reach wildcard owners too */
	uint32_t ttl_min_s;
	uint32_t ttl_max_s;
	uint32_t values_max; /* records per RRset */
};

/* Strings are never NULL. Times are wall-clock milliseconds. */
struct token {
	const char *subject;       /* sub */
	const char *token_id;      /* jti */
	const char *issuer;        /* iss */
	const char *audience;      /* aud */
	char key_id[KEY_ID_BYTES]; /* k4.pid.… of the footer; "" before verification */
	uint64_t subject_hash;     /* first 8 bytes of BLAKE2b-256 of the subject */
	int64_t issued_ms;         /* iat */
	int64_t not_before_ms;     /* nbf; iat when it is missing */
	int64_t expires_ms;        /* exp */
	const char *rate_class;    /* rl; "" when it is missing */
	uint8_t adm;               /* set of enum adm */
	uint8_t depth;             /* dg: delegations left */
	size_t grant_count;
	const struct grant *grants;
	size_t cidr_count; /* 0: any address */
	const struct cidr *cidrs;
	size_t parent_count;
	const char *parents[TOKEN_PARENTS_MAX]; /* par: jti of the ancestors */
};

/* Where claims_parse works: the JSON tree goes to scratch, the token to keep (same arena allowed).
 */
struct claims_memory {
	struct arena *scratch;
	struct arena *keep;
};

/* Parses the payload of a token whose signature holds. ERR_BAD_TOKEN with *ret_detail (in scratch)
 * saying what is wrong; ERR_TOO_LARGE when an arena is full. */
MUST_CHECK enum err claims_parse(const struct claims_memory *memory, const char *payload,
        size_t length, struct token *ret_token, const char **ret_detail);

/* Appends the payload in its canonical spelling; claims_parse gives the same token back. */
void claims_render(struct buf *buf, const struct token *token);

/* "zone.create", … for one bit of enum adm; NULL for anything else. Static storage. */
const char *adm_name(enum adm adm);

/* The bit for a word; 0 when there is none. */
uint8_t adm_parse(const char *word);

#endif
