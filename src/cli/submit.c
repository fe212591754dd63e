/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "cli/submit.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/row.h"
#include "cli/command.h"
#include "core/clock.h"
#include "core/secret.h"
#include "server/channel.h"
#include "store/writer.h"

#define TIMEOUT_MS       10000
#define MESSAGE_MAX      ((size_t)1024 * 1024)
#define REQUEST_ID_BYTES 8u

/* ---- who asks ---- */

static bool name_actor(struct arena *arena, struct change *change)
{
	uint8_t random[REQUEST_ID_BYTES];
	char text[2 * REQUEST_ID_BYTES + 1];
	const struct passwd *user = getpwuid(getuid());
	random_bytes(random, sizeof(random));
	hex_render(random, sizeof(random), text);
	change->request_id = arena_printf(arena, "cli-%s", text);
	change->actor = (struct actor){
		.subject = user != NULL ? arena_printf(arena, "cli:%s", user->pw_name)
		                        : arena_printf(arena, "cli:%u", (unsigned)getuid()),
		.token_id = "",
		.key_id = "",
		.address = "",
	};
	return change->request_id != NULL && change->actor.subject != NULL;
}

static void permit_all(struct change *change)
{
	static const struct bound everything = {
		.actions = EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE,
		.ttl_max_s = TTL_MAX,
		.values_max = RRSET_VALUES_MAX,
	};
	for (size_t i = 0; i < change->op_count; i++) {
		change->ops[i].bound_count = 1;
		change->ops[i].bounds[0] = everything;
	}
}

/* ---- through the writer ---- */

/* ERR_UNAVAILABLE when nobody listens there. */
static enum err ask_writer(struct arena *arena, const char *socket_path,
        const struct change *change, struct outcome *ret_outcome)
{
	struct buf buf;
	struct channel channel;
	struct channel_bytes answer;
	buf_init(&buf, arena, MESSAGE_MAX);
	change_pack(&buf, change);
	if (buf_is_full(&buf))
		return ERR_TOO_LARGE;
	const struct channel_bytes message = { (const uint8_t *)buf.bytes, buf.length };
	channel_init(&channel, socket_path);
	enum err err = channel_call(&channel, arena, &message, TIMEOUT_MS, &answer);
	channel_fini(&channel);
	if (err == ERR_OK)
		err = outcome_parse(arena, answer.bytes, answer.length, ret_outcome);
	return err;
}

/* ---- straight into the store ---- */

/* The files beside the database must belong to its owner, or coregated cannot open them later. */
static bool become_owner(const char *store_path)
{
	struct stat status;
	if (stat(store_path, &status) != 0)
		return false;
	if (geteuid() != 0 || status.st_uid == 0)
		return true;
	return setgroups(0, NULL) == 0 && setgid(status.st_gid) == 0 && setuid(status.st_uid) == 0;
}

static enum err put_audit(struct writer *writer, struct arena *arena, const struct change *change,
        const struct outcome *outcome, int64_t now_ms)
{
	const struct audit_head head = writer_audit_head(writer);
	const struct audit_attempt attempt = { change, outcome, now_ms };
	struct audit_row row;
	enum err err = audit_make_row(arena, &head, &attempt, &row);
	return err == ERR_OK ? writer_put_audit(writer, &row) : err;
}

static enum err write_batch(struct writer *writer, struct arena *arena, const struct change *change,
        struct outcome *ret_outcome)
{
	int64_t now_ms = clock_wall_ms();
	*ret_outcome = (struct outcome){ .detail = "" };
	enum err err = writer_begin_batch(writer);
	if (err != ERR_OK)
		return err;
	err = writer_apply(writer, arena, change, now_ms, ret_outcome);
	if (err == ERR_OK || !writer_is_broken(writer))
		err = put_audit(writer, arena, change, ret_outcome, now_ms);
	if (err == ERR_OK)
		return writer_commit_batch(writer);
	writer_rollback_batch(writer);
	return err;
}

static int write_store(struct arena *arena, const struct place *place, const struct change *change,
        struct outcome *ret_outcome)
{
	const char *store_path = place->store_path;
	const struct store_settings settings = { .path = store_path };
	struct writer *writer;
	if (!become_owner(store_path))
		return command_fail("%s: %s", store_path, strerror(errno));
	enum err err = writer_open(&settings, &writer);
	if (err == ERR_OVERLOADED)
		return command_fail("%s: coregated holds the store%s", store_path,
		        place->socket_path != NULL ? ", but its writer does not answer"
		                                   : "; --config or --socket leads to it");
	if (err != ERR_OK)
		return command_fail("%s: the store cannot be opened for writing", store_path);
	err = write_batch(writer, arena, change, ret_outcome);
	writer_close(writer);
	if (err != ERR_OK)
		return command_fail("%s: the store cannot be written", store_path);
	return COMMAND_OK;
}

int submit_change(struct arena *arena, const struct place *place, struct change *change,
        struct outcome *ret_outcome)
{
	enum err err = ERR_UNAVAILABLE;
	int status = COMMAND_OK;
	permit_all(change);
	if (!name_actor(arena, change))
		return command_fail("memory cannot be had");
	if (place->socket_path != NULL)
		err = ask_writer(arena, place->socket_path, change, ret_outcome);
	/* A change that the writer may have taken without answering is only made a second time when
	 * the writer is gone for good: then its lock can be had. */
	if (err == ERR_UNAVAILABLE && place->store_path != NULL)
		status = write_store(arena, place, change, ret_outcome);
	else if (err != ERR_OK)
		return command_fail("%s: the writer cannot be reached", place->socket_path);
	if (status != COMMAND_OK || ret_outcome->err == ERR_OK)
		return status;
	return command_fail("%s%s%s", err_sentence(ret_outcome->err),
	        *ret_outcome->detail != '\0' ? ": " : "", ret_outcome->detail);
}
