/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "publish_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "dns/type.h"

/* A SOA with its three names. */
#define SOA_ARENA_BYTES (64u * 1024u)

bool publish_job_init(
        struct publish_job *job, const struct store_settings *store, const struct swap *swap)
{
	*job = (struct publish_job){
		.reader = reader_open(store),
		.arena = arena_open(SOA_ARENA_BYTES),
		.memory = malloc(ZONE_FILE_MEMORY_BYTES),
		.swap = swap,
		.match = { .fd = -1 },
		.target = { .fd = -1 },
	};
	return job->reader != NULL && job->arena != NULL && job->memory != NULL;
}

void publish_job_fini(struct publish_job *job)
{
	publish_job_abort(job);
	reader_close(job->reader);
	arena_close(job->arena);
	free(job->memory);
}

static bool is_running(const struct publish_job *job)
{
	return job->state == PUBLISH_JOB_COMPARING || job->state == PUBLISH_JOB_WRITING;
}

static void close_match(struct publish_job *job)
{
	if (job->match.fd >= 0)
		close(job->match.fd);
	job->match.fd = -1;
}

static void job_end(struct publish_job *job, enum publish_job_state state)
{
	close_match(job);
	if (job->state == PUBLISH_JOB_WRITING && job->target.fd >= 0)
		file_swap_abort(&job->target);
	job->target.fd = -1;
	reader_end(job->reader);
	arena_reset(job->arena);
	job->state = state;
}

void publish_job_abort(struct publish_job *job)
{
	if (is_running(job))
		job_end(job, PUBLISH_JOB_IDLE);
}

static void job_fail(struct publish_job *job, const char *what, const char *why)
{
	(void)snprintf(job->failure, sizeof(job->failure), "%s: %s", what, why);
	job_end(job, PUBLISH_JOB_FAILED);
}

static void job_fail_store(struct publish_job *job, enum err err)
{
	if (err == ERR_NO_SUCH_ZONE)
		job_end(job, PUBLISH_JOB_NO_ZONE);
	else
		job_fail(job, "the store cannot be read", err_slug(err));
}

static void job_fail_file(struct publish_job *job, int number)
{
	const char *why = strerrordesc_np(number);
	job_fail(job, "the zone file cannot be written", why != NULL ? why : "unknown error");
}

/* The zone from its beginning, into sink. */
static void job_rewind(struct publish_job *job, struct zone_file_sink sink)
{
	zone_file_init(&job->file, job->memory, sink);
	job->has_soa = false;
	job->from = (struct record_position){ 0 };
}

static void job_begin_writing(struct publish_job *job)
{
	close_match(job);
	job->state = PUBLISH_JOB_WRITING;
	job->target.fd = -1;
	enum err err = swap_open(job->swap, &job->zone.name, &job->target);
	if (err == ERR_INVALID_NAME)
		job_fail(job, "the zone file cannot be written", "its name cannot be a file name");
	else if (err != ERR_OK)
		job_fail_file(job, errno);
	else
		job_rewind(job, (struct zone_file_sink){ zone_file_put_fd, &job->target.fd });
}

static void job_begin_comparing(struct publish_job *job)
{
	char path[SWAP_PATH_BYTES];
	int fd = -1;
	if (swap_render_path(job->swap, &job->zone.name, path))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		job_begin_writing(job);
		return;
	}
	job->match = (struct zone_file_match){ .fd = fd };
	job_rewind(job, (struct zone_file_sink){ zone_file_put_match, &job->match });
}

void publish_job_begin(
        struct publish_job *job, const struct name *zone, bool must_compare, int64_t now_ms)
{
	job->state = PUBLISH_JOB_COMPARING;
	job->started_ms = now_ms;
	job->cost_us = 0;
	job->failure[0] = '\0';
	enum err err = reader_begin(job->reader);
	if (err == ERR_OK)
		err = reader_find_zone_exact(job->reader, zone, &job->zone);
	if (err != ERR_OK)
		job_fail_store(job, err);
	else if (must_compare)
		job_begin_comparing(job);
	else
		job_begin_writing(job);
}

/* ---- steps ---- */

struct step {
	struct publish_job *job;
	enum err err;
};

static bool put_rrset(void *context, const struct stored_rrset *stored)
{
	struct step *step = context;
	/* The SOA was first. */
	if (stored->rrset.type != TYPE_SOA)
		step->err = zone_file_put(&step->job->file, &stored->rrset);
	if (step->err != ERR_OK)
		step->job->put_errno = errno;
	return step->err == ERR_OK;
}

/* ERR_UNAVAILABLE from the file means that the sink stopped; from the store it is read_err. */
static enum err put_soa(struct publish_job *job, enum err *ret_read_err)
{
	struct stored_rrset stored;
	struct rrset_key key = { .zone = &job->zone, .owner = &job->zone.name, .type = TYPE_SOA };
	*ret_read_err = reader_find_rrset(job->reader, job->arena, &key, &stored);
	if (*ret_read_err != ERR_OK)
		return ERR_OK;
	job->has_soa = true;
	return zone_file_put(&job->file, &stored.rrset);
}

static enum err put_more(struct publish_job *job, enum err *ret_read_err)
{
	struct step step = { .job = job };
	struct record_filter filter = {
		.zone = &job->zone.name, .from = job->from, .examine_max = PUBLISH_JOB_STEP
	};
	struct record_position next = { 0 };
	*ret_read_err = reader_list_rrsets(job->reader, &filter, put_rrset, &step, &next);
	job->from = next;
	if (step.err == ERR_OK && *ret_read_err == ERR_OK && !next.is_set)
		step.err = zone_file_finish(&job->file);
	if (step.err != ERR_OK && !next.is_set)
		job->put_errno = errno;
	return step.err;
}

static void job_finish_writing(struct publish_job *job)
{
	enum err err = file_swap_commit(&job->target);
	job->target.fd = -1;
	if (err != ERR_OK)
		job_fail_file(job, errno);
	else
		job_end(job, PUBLISH_JOB_WRITTEN);
}

static void job_advance(struct publish_job *job)
{
	enum err read_err = ERR_OK;
	enum err err = ERR_OK;
	if (!job->has_soa)
		err = put_soa(job, &read_err);
	if (err == ERR_OK && read_err == ERR_OK)
		err = put_more(job, &read_err);
	bool is_comparing = job->state == PUBLISH_JOB_COMPARING;
	if (read_err != ERR_OK)
		job_fail_store(job, read_err);
	else if (err == ERR_UNAVAILABLE && is_comparing)
		job_begin_writing(job);
	else if (err == ERR_UNAVAILABLE)
		job_fail_file(job, job->put_errno);
	else if (err != ERR_OK)
		job_fail(job, "the zone cannot be rendered", err_slug(err));
	else if (job->from.is_set)
		return;
	else if (!is_comparing)
		job_finish_writing(job);
	else if (zone_file_is_match(&job->match))
		job_end(job, PUBLISH_JOB_UNCHANGED);
	else
		job_begin_writing(job);
}

bool publish_job_step(struct publish_job *job)
{
	uint64_t before_ns = clock_steady_ns();
	if (is_running(job))
		job_advance(job);
	job->cost_us += (int64_t)((clock_steady_ns() - before_ns) / 1000);
	return !is_running(job);
}
