/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "roles.h"

#include <libgen.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commit.h"
#include "core/file.h"
#include "core/log.h"
#include "copier.h"
#include "indexer.h"
#include "pipeline.h"
#include "publisher.h"
#include "server/privileges.h"
#include "server/process.h"
#include "server/sandbox.h"

/* A responder holds connections of nginx, its store, and two channels. */
#define RESPONDER_DESCRIPTORS 2048
#define KEEPER_DESCRIPTORS    65536
#define RESPONDERS_LEAST      2
#define RESPONDERS_MOST       64 /* unless the configuration says more */
#define ZONE_DIR_MODE         0755
#define TEMP_DIR_MODE         0750
/* The responders' group may read the store, nobody else. */
#define STORE_UMASK 0027

/* ---- rights ---- */

static bool role_drop(const struct role_context *context, const struct identity *identity,
        unsigned descriptors_max)
{
	enum err err = privileges_limit(descriptors_max);
	if (err == ERR_OK)
		err = context->identities->drop ? privileges_drop(identity)
		                                : privileges_drop_capabilities();
	if (err != ERR_OK)
		log_error("cannot give up privileges: %m");
	return err == ERR_OK;
}

static bool role_enter_sandbox(const struct sandbox_settings *settings)
{
	if (sandbox_apply(settings) == ERR_OK)
		return true;
	log_error("the kernel cannot confine this process: %m");
	return false;
}

/* The folder that holds a file, in a buffer of the process. */
static const char *role_folder_of(const char *path)
{
	static char folder[4096];
	snprintf(folder, sizeof(folder), "%s", path);
	return dirname(folder);
}

static void role_start_log(const struct role_context *context, const char *name)
{
	log_init(STDERR_FILENO, context->conf->log_format, context->conf->log_level, name);
}

/* ---- responder ---- */

/* A responder never waits, so more of them than processors only take turns. The second one answers
 * while the first one is begun anew. */
static unsigned count_responders(const struct conf *conf)
{
	cpu_set_t processors;
	if (conf->responders != 0)
		return (unsigned)conf->responders;
	int count = sched_getaffinity(0, sizeof(processors), &processors) == 0
	                    ? CPU_COUNT(&processors)
	                    : RESPONDERS_LEAST;
	if (count < RESPONDERS_LEAST)
		return RESPONDERS_LEAST;
	return count < RESPONDERS_MOST ? (unsigned)count : RESPONDERS_MOST;
}

static int role_respond(
        const struct role_context *context, const char *name, struct responder_settings responder)
{
	const struct conf *conf = context->conf;
	role_start_log(context, name);
	log_gather();
	key_lock(context->issuing_key);
	if (!role_drop(context, &context->identities->responder, RESPONDER_DESCRIPTORS))
		return EXIT_FAILURE;
	const struct pipeline_settings settings = {
		.conf = conf,
		.keyring = context->keyring,
		.issuing_key = context->issuing_key,
		.shared = context->shared,
		.writer_path = context->sockets->writer_path,
		.publisher_path = context->sockets->publisher_path,
	};
	const struct sandbox_settings sandbox = {
		.role = SANDBOX_RESPONDER,
		.read_paths = { role_folder_of(conf->store), conf->run_dir },
		.read_count = 2,
	};
	struct pipeline *pipeline = pipeline_open(&settings);
	if (pipeline == NULL || !role_enter_sandbox(&sandbox))
		return EXIT_FAILURE;
	const struct responder_service service = { .context = pipeline, .serve = pipeline_serve };
	int status = responder_run(&responder, &service);
	pipeline_close(pipeline);
	key_close(context->issuing_key);
	return status;
}

static int role_run_responder(void *argument, unsigned index)
{
	const struct role_context *context = argument;
	const struct responder_settings settings = {
		.pool = context->pool,
		.index = index,
		.count = count_responders(context->conf),
	};
	return role_respond(context, "responder", settings);
}

/* The same, behind a socket of its own: moving a whole zone takes a responder as long as it takes,
 * and nobody else is to wait for that. */
static int role_run_bulk(void *argument, unsigned index)
{
	const struct role_context *context = argument;
	const struct responder_settings settings = {
		.pool = context->bulk_pool,
		.index = index,
		.count = (unsigned)context->conf->bulk_responders,
	};
	return role_respond(context, "bulk", settings);
}

/* ---- writer ---- */

static int role_run_writer(void *argument, unsigned index)
{
	(void)index;
	const struct role_context *context = argument;
	role_start_log(context, "writer");
	key_close(context->issuing_key);
	if (!role_drop(context, &context->identities->keeper, KEEPER_DESCRIPTORS))
		return EXIT_FAILURE;
	umask(STORE_UMASK);
	const char *folder = role_folder_of(context->conf->store);
	const struct sandbox_settings sandbox = {
		.role = SANDBOX_WRITER,
		.write_paths = { folder },
		.write_count = 1,
	};
	if (!role_enter_sandbox(&sandbox))
		return EXIT_FAILURE;
	const struct commit_context commit = {
		.store_path = context->conf->store,
		.listen_fd = context->sockets->writer_fd,
		.shared = context->shared,
	};
	return commit_run(&commit);
}

/* ---- publisher ---- */

/* A folder beside the zone directory for files that are not ours. */
static const char *role_foreign_folder(const struct conf *conf)
{
	static char folder[4096];
	snprintf(folder, sizeof(folder), "%s/foreign", conf->publish_temp_dir);
	return folder;
}

/* The sandbox keeps a process from making a folder that was taken away; so it is done before. Where
 * that fails the publisher itself tells what is wrong. */
static void role_mend_folders(const struct conf *conf)
{
	if (file_make_dirs(conf->zone_dir, ZONE_DIR_MODE) != ERR_OK ||
	        file_make_dirs(conf->publish_temp_dir, TEMP_DIR_MODE) != ERR_OK)
		log_debug("the folders of zone files cannot be made");
}

static int role_run_publisher(void *argument, unsigned index)
{
	(void)index;
	const struct role_context *context = argument;
	const struct conf *conf = context->conf;
	role_start_log(context, "publisher");
	key_close(context->issuing_key);
	if (!role_drop(context, &context->identities->keeper, KEEPER_DESCRIPTORS))
		return EXIT_FAILURE;
	const struct sandbox_settings sandbox = {
		.role = SANDBOX_PUBLISHER,
		.read_paths = { role_folder_of(conf->store), conf->run_dir },
		.read_count = 2,
		.write_paths = { conf->zone_dir, conf->publish_temp_dir },
		.write_count = 2,
	};
	role_mend_folders(conf);
	if (!role_enter_sandbox(&sandbox))
		return EXIT_FAILURE;
	const char *servers[CONF_COREDNS_MAX];
	const char *urls[BOARD_URLS];
	struct publisher_context publisher = {
		.board = context->shared->board,
		.wake_fd = context->shared->wake_fd,
		.stop_fd = process_stop_fd(),
		.listen_fd = context->sockets->publisher_fd,
		.store_path = conf->store,
		.zone_dir = conf->zone_dir,
		.temp_dir = conf->publish_temp_dir,
		.foreign_dir = role_foreign_folder(conf),
		.servers = servers,
		.server_count = conf->coredns_count,
		.urls = urls,
		.publish_interval_ms = conf->publish_interval_ms,
		.monitor_interval_s = conf->monitor_interval_s,
		.coredns_timeout_ms = conf->coredns_timeout_ms,
		.coredns_retries = conf->coredns_retries,
		.on_ready = process_set_ready,
	};
	for (size_t i = 0; i < conf->coredns_count; i++) {
		const struct conf_coredns *coredns = &conf->coredns[i];
		servers[i] = coredns->dns_address;
		for (size_t j = 0;
		        j < coredns->coredns_url.count && publisher.url_count < BOARD_URLS; j++)
			urls[publisher.url_count++] = coredns->coredns_url.items[j];
	}
	return publisher_run(&publisher);
}

/* ---- copier ---- */

/* It has the rights of the writer. */
static int role_run_copier(void *argument, unsigned index)
{
	(void)index;
	const struct role_context *context = argument;
	role_start_log(context, "copier");
	key_close(context->issuing_key);
	if (!role_drop(context, &context->identities->keeper, KEEPER_DESCRIPTORS))
		return EXIT_FAILURE;
	umask(STORE_UMASK);
	const struct sandbox_settings sandbox = {
		.role = SANDBOX_WRITER,
		.write_paths = { role_folder_of(context->conf->store) },
		.write_count = 1,
	};
	if (!role_enter_sandbox(&sandbox))
		return EXIT_FAILURE;
	const struct copier_context copier = {
		.store_path = context->conf->store,
		.shared = context->shared,
		.stop_fd = process_stop_fd(),
		.on_ready = process_set_ready,
	};
	return copier_run(&copier);
}

/* ---- indexer ---- */

/* It has the rights of a responder: it only reads. */
static int role_run_indexer(void *argument, unsigned index)
{
	(void)index;
	const struct role_context *context = argument;
	role_start_log(context, "indexer");
	if (!role_drop(context, &context->identities->responder, RESPONDER_DESCRIPTORS))
		return EXIT_FAILURE;
	const struct sandbox_settings sandbox = {
		.role = SANDBOX_RESPONDER,
		.read_paths = { role_folder_of(context->conf->store) },
		.read_count = 1,
	};
	if (!role_enter_sandbox(&sandbox))
		return EXIT_FAILURE;
	const struct indexer_context indexer = {
		.store_path = context->conf->store,
		.index = context->shared->index,
		.epoch = &context->shared->state->index_epoch,
		.indexed_epoch = &context->shared->state->indexed_epoch,
		.stop_fd = process_stop_fd(),
		.on_ready = process_set_ready,
	};
	return indexer_run(&indexer);
}

/* ---- the table ---- */

static const struct {
	const char *name;
	int (*run)(void *context, unsigned index);
	bool restarts_on_reload;
	bool is_exclusive;
	enum metric restarts;
} role_table[ROLES_COUNT] = {
	{ "responder", role_run_responder, true, false, METRIC_RESTARTS_RESPONDER },
	{ "bulk", role_run_bulk, true, false, METRIC_RESTARTS_BULK },
	{ "writer", role_run_writer, false, true, METRIC_RESTARTS_WRITER },
	{ "publisher", role_run_publisher, true, true, METRIC_RESTARTS_PUBLISHER },
	{ "indexer", role_run_indexer, false, true, METRIC_RESTARTS_INDEXER },
	{ "copier", role_run_copier, false, true, METRIC_RESTARTS_COPIER },
};

void roles_put_counts(struct role *roles, size_t role_count, const struct conf *conf)
{
	for (size_t i = 0; i < role_count; i++)
		roles[i].count = roles[i].run == role_run_responder ? count_responders(conf)
		                 : roles[i].run == role_run_bulk ? (unsigned)conf->bulk_responders
		                                                 : 1;
}

void roles_init(struct role roles[static ROLES_COUNT], struct role_context *context)
{
	for (size_t i = 0; i < ROLES_COUNT; i++)
		roles[i] = (struct role){
			.name = role_table[i].name,
			.run = role_table[i].run,
			.context = context,
			.restarts_on_reload = role_table[i].restarts_on_reload,
			.is_exclusive = role_table[i].is_exclusive,
		};
	roles_put_counts(roles, ROLES_COUNT, context->conf);
}

enum metric roles_restart_metric(const struct role *role)
{
	for (size_t i = 0; i < ROLES_COUNT; i++)
		if (strcmp(role_table[i].name, role->name) == 0)
			return role_table[i].restarts;
	return METRIC_RESTARTS_RESPONDER;
}
