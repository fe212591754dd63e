/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Zone files in and out.
 */
#include "cli/remote_run.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"

enum { WORD_ZONE, WORD_FILE };

/* What the API takes, and room to say that it is too much. */
#define IMPORT_MAX       ((size_t)64 << 20)
#define IMPORT_ARENA     (4 * IMPORT_MAX)
#define TRANSFER_TIMEOUT 600
#define EXPORT_MODE      0644
#define MIB              ((double)(1 << 20))

/* ---- import ---- */

static void show_progress(void *context, uint64_t sent, uint64_t total)
{
	struct session *session = context;
	unsigned percent = (unsigned)(sent * 100 / total);
	if (session->shown_percent == percent)
		return;
	session->shown_percent = percent;
	fprintf(stderr, "\rsent %.1f of %.1f MiB (%u %%)%s", (double)sent / MIB,
	        (double)total / MIB, percent, percent == 100 ? "; the service works\n" : "");
}

static int read_zone_file(
        struct arena *arena, const char *path, const char **ret_text, size_t *ret_length)
{
	char *text;
	bool is_stdin = strcmp(path, "-") == 0;
	enum err err =
	        file_read(arena, is_stdin ? "/dev/stdin" : path, IMPORT_MAX, &text, ret_length);
	if (err == ERR_TOO_LARGE)
		return command_fail("%s is larger than 64 MiB", path);
	if (err != ERR_OK)
		return command_fail("%s cannot be read: %s", path, strerror(errno));
	*ret_text = text;
	return COMMAND_OK;
}

static int import(struct session *session, struct arena *arena)
{
	struct request request;
	const char *text = "";
	size_t length = 0;
	int status = read_zone_file(arena, session->given.words[WORD_FILE], &text, &length);
	if (status == COMMAND_OK)
		status = request_build(session->command, &session->given, &request);
	if (status == COMMAND_OK)
		status = request_put_body(session->arena, &request, "text/dns", text, length);
	return status == COMMAND_OK ? session_call(session, &request) : status;
}

int run_zone_import(struct session *session)
{
	struct arena *arena = arena_open(IMPORT_ARENA);
	if (arena == NULL)
		return command_fail("memory cannot be had");
	session->standard_timeout_s = TRANSFER_TIMEOUT;
	if (!session->is_quiet && isatty(STDERR_FILENO))
		session->progress = show_progress;
	int status = import(session, arena);
	arena_close(arena);
	return status;
}

/* ---- export ---- */

/* The folder of a file, for the temporary one beside it. */
static const char *find_folder(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return ".";
	return slash == path ? "/" : arena_dup(arena, path, (size_t)(slash - path));
}

static int send_into(struct session *session, const struct request *request, FILE *file)
{
	struct reply reply;
	session->file = file;
	int status = session_send(session, request, &reply);
	return status == COMMAND_OK ? command_finish(file) : status;
}

/* The file appears when it is whole. */
static int export_to_file(struct session *session, const struct request *request, const char *path)
{
	struct file_swap swap;
	const char *folder = find_folder(session->arena, path);
	if (folder == NULL || file_swap_open(&swap, folder, path, EXPORT_MODE) != ERR_OK)
		return command_fail("%s cannot be written: %s", path, strerror(errno));
	int fd = dup(swap.fd);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	int status = file != NULL ? send_into(session, request, file)
	                          : command_fail("%s cannot be written: %s", path, strerror(errno));
	if (file != NULL && fclose(file) != 0 && status == COMMAND_OK)
		status = command_fail("%s cannot be written: %s", path, strerror(errno));
	if (status != COMMAND_OK)
		file_swap_abort(&swap);
	else if (file_swap_commit(&swap) != ERR_OK)
		status = command_fail("%s cannot be written: %s", path, strerror(errno));
	return status;
}

int run_zone_export(struct session *session)
{
	struct request request;
	const char *path = given_find(&session->given, "output");
	session->standard_timeout_s = TRANSFER_TIMEOUT;
	int status = request_build(session->command, &session->given, &request);
	if (status != COMMAND_OK)
		return status;
	if (path != NULL && strcmp(path, "-") != 0)
		return export_to_file(session, &request, path);
	return send_into(session, &request, stdout);
}
