/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/token_issue.h"

#include <errno.h>
#include <string.h>

#include "auth/claims.h"
#include "cli/command.h"
#include "cli/when.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/json.h"
#include "core/secret.h"

#define PAYLOAD_MAX     8192u
#define GRANTS_FILE_MAX 16384u
#define JTI_BYTES       16u

/* ---- the payload, as text: claims_parse then judges it as it would any token ---- */

static int put_grant_text(struct issue *issue, struct json_writer *writer, const char *text)
{
	const struct json *root;
	const char *why = "it is too large";
	if (json_parse(issue->arena, text, strlen(text), &root, &why) != ERR_OK)
		return command_fail("--grant %s: %s", text, why);
	json_put_raw(writer, NULL, text);
	return COMMAND_OK;
}

/* The elements of the list in a file; a list that parses is a sequence of values between its
 * brackets. */
static int put_grants_file(struct issue *issue, struct json_writer *writer)
{
	const char *path = issue->grants_path;
	char *text;
	size_t length;
	if (file_read(issue->arena, strcmp(path, "-") == 0 ? "/dev/stdin" : path, GRANTS_FILE_MAX,
	            &text, &length) != ERR_OK)
		return command_fail("%s cannot be read: %s", path, strerror(errno));
	const struct json *root;
	const char *why = "it is too large";
	if (json_parse(issue->arena, text, length, &root, &why) != ERR_OK)
		return command_fail("%s: %s", path, why);
	if (json_kind(root) != JSON_ARRAY || json_count(root) == 0)
		return command_fail("%s must hold a list of grants", path);
	*strrchr(text, ']') = '\0';
	json_put_raw(writer, NULL, strchr(text, '[') + 1);
	return COMMAND_OK;
}

static int put_grants(struct issue *issue, struct json_writer *writer)
{
	int status = COMMAND_OK;
	const struct preset_scope scope = { issue->zones.items, issue->zones.count,
		issue->names.items, issue->names.count };
	json_open_array(writer, "g");
	if (issue->preset != NULL)
		preset_write_grant(issue->arena, issue->preset, &scope, writer);
	for (size_t i = 0; status == COMMAND_OK && i < issue->grants.count; i++)
		status = put_grant_text(issue, writer, issue->grants.items[i]);
	if (status == COMMAND_OK && issue->grants_path != NULL)
		status = put_grants_file(issue, writer);
	json_close_array(writer);
	return status;
}

static void put_adm(struct issue *issue, struct json_writer *writer)
{
	bool has_all = issue->preset != NULL && preset_is_admin(issue->preset);
	if (!has_all && issue->adm == NULL)
		return;
	json_open_array(writer, "adm");
	if (has_all || strcmp(issue->adm, "all") == 0) {
		for (unsigned bit = 1; bit <= ADM_ALL; bit <<= 1)
			json_put_string(writer, NULL, adm_name((enum adm)bit));
	} else {
		for (const char *at = issue->adm;; at++) {
			size_t length = strcspn(at, ",");
			json_put_bytes(writer, NULL, at, length);
			at += length;
			if (*at == '\0')
				break;
		}
	}
	json_close_array(writer);
}

static int put_times(struct issue *issue, struct json_writer *writer)
{
	char text[CLOCK_TEXT_BYTES];
	int64_t expires_ms;
	int64_t not_before_ms = issue->now_ms;
	if (!when_parse(issue->expires, issue->now_ms, &expires_ms))
		return command_misused("--exp %s is no time", issue->expires);
	if (issue->not_before != NULL &&
	        !when_parse(issue->not_before, issue->now_ms, &not_before_ms))
		return command_misused("--nbf %s is no time", issue->not_before);
	clock_render_rfc3339(issue->now_ms, text);
	json_put_string(writer, "iat", text);
	if (not_before_ms != issue->now_ms) {
		clock_render_rfc3339(not_before_ms, text);
		json_put_string(writer, "nbf", text);
	}
	clock_render_rfc3339(expires_ms, text);
	json_put_string(writer, "exp", text);
	return COMMAND_OK;
}

static const char *make_token_id(struct arena *arena)
{
	uint8_t bytes[JTI_BYTES];
	char *text = arena_alloc(arena, 2 * sizeof(bytes) + 1);
	random_bytes(bytes, sizeof(bytes));
	if (text != NULL)
		hex_render(bytes, sizeof(bytes), text);
	return text;
}

static void put_list(struct json_writer *writer, const char *name, const struct issue_list *list)
{
	if (list->count == 0)
		return;
	json_open_array(writer, name);
	for (size_t i = 0; i < list->count; i++)
		json_put_string(writer, NULL, list->items[i]);
	json_close_array(writer);
}

static int make_payload(struct issue *issue, struct buf *buf)
{
	struct json_writer writer;
	if (issue->token_id == NULL)
		issue->token_id = make_token_id(issue->arena);
	json_writer_init(&writer, buf);
	json_open_object(&writer, NULL);
	json_put_string(&writer, "iss", issue->issuer);
	json_put_string(&writer, "sub", issue->subject);
	json_put_string(&writer, "aud", issue->audience);
	json_put_string(&writer, "jti", issue->token_id);
	json_put_int(&writer, "v", 1);
	int status = put_times(issue, &writer);
	if (status == COMMAND_OK)
		status = put_grants(issue, &writer);
	put_list(&writer, "ip", &issue->cidrs);
	if (issue->rate_class != NULL)
		json_put_string(&writer, "rl", issue->rate_class);
	put_adm(issue, &writer);
	if (issue->depth != NULL)
		json_put_raw(&writer, "dg", issue->depth);
	json_close_object(&writer);
	return status;
}

int issue_make_message(struct issue *issue, struct paseto_piece *ret_message)
{
	struct buf draft, canonical;
	buf_init(&draft, issue->arena, 2 * (PAYLOAD_MAX + GRANTS_FILE_MAX));
	buf_init(&canonical, issue->arena, PAYLOAD_MAX);
	int status = make_payload(issue, &draft);
	if (status != COMMAND_OK)
		return status;
	if (buf_is_full(&draft))
		return command_fail("the token would be too long");

	const struct claims_memory memory = { issue->arena, issue->arena };
	struct token token;
	const char *detail = "the token would be too long";
	if (claims_parse(&memory, draft.bytes, draft.length, &token, &detail) != ERR_OK)
		return command_fail("no token was made: %s", detail);
	claims_render(&canonical, &token);
	if (buf_is_full(&canonical))
		return command_fail("the token would be too long");
	*ret_message = (struct paseto_piece){ canonical.bytes, canonical.length };
	return COMMAND_OK;
}
