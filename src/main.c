/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A process's life: options → configuration, keys → folders, sockets, shared memory → supervise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "core/log.h"
#include "core/secret.h"
#include "options.h"
#include "roles.h"
#include "server/responder.h"
#include "server/socket.h"
#include "server/supervisor.h"
#include "setup.h"
#include "shared.h"

#define SERVICE_BYTES ((size_t)64 * 1024)

/* Everything of the supervisor; children inherit it and narrow their own rights. */
struct service {
	const char *config_path;
	struct setup setup;
	struct identities identities;
	struct sockets sockets;
	struct shared shared;
	struct responder_pool *pool;
	struct responder_pool *bulk_pool;
	struct arena *arena;
	struct role_context context; /* what the children look at */
};

static void service_point_context(struct service *service)
{
	service->context = (struct role_context){
		.conf = service->setup.conf,
		.keyring = &service->setup.keyring,
		.issuing_key = service->setup.issuing_key,
		.identities = &service->identities,
		.sockets = &service->sockets,
		.shared = &service->shared,
		.pool = service->pool,
		.bulk_pool = service->bulk_pool,
	};
}

static void service_start_log(const struct service *service)
{
	const struct conf *conf = service->setup.conf;
	log_init(STDERR_FILENO, conf->log_format, conf->log_level, "supervisor");
}

/* What cannot change while the service runs; said, and otherwise left alone. */
static void service_warn_fixed(const struct conf *now, const struct conf *then)
{
	const struct {
		const char *option;
		const char *now;
		const char *then;
	} fixed[] = {
		{ "run_dir", now->run_dir, then->run_dir },
		{ "store", now->store, then->store },
		{ "fastcgi_socket", now->fastcgi_socket, then->fastcgi_socket },
		{ "bulk_socket", now->bulk_socket, then->bulk_socket },
		{ "fastcgi_socket_group", now->fastcgi_socket_group, then->fastcgi_socket_group },
		{ "user", now->user, then->user },
		{ "group", now->group, then->group },
		{ "responder_user", now->responder_user, then->responder_user },
	};
	const struct {
		const char *option;
		unsigned now;
		unsigned then;
	} fixed_numbers[] = {
		{ "fastcgi_socket_mode", now->fastcgi_socket_mode, then->fastcgi_socket_mode },
		{ "drain_timeout_ms", now->drain_timeout_ms, then->drain_timeout_ms },
		{ "rate_slots", now->rate_slots, then->rate_slots },
	};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i].now, fixed[i].then) != 0)
			log_warning("%s changes only at a restart", fixed[i].option);
	for (size_t i = 0; i < sizeof(fixed_numbers) / sizeof(fixed_numbers[0]); i++)
		if (fixed_numbers[i].now != fixed_numbers[i].then)
			log_warning("%s changes only at a restart", fixed_numbers[i].option);
}

static bool service_reload(void *context, struct role *roles, size_t role_count)
{
	struct service *service = context;
	char message[CONF_MESSAGE_BYTES];
	struct setup fresh;
	if (!setup_load(service->config_path, &fresh, message)) {
		log_error("the configuration stays as it was: %s", message);
		return false;
	}
	service_warn_fixed(service->setup.conf, fresh.conf);
	/* The old one stays in memory: children that are forked in between may look at it. Its
	 * secret does not: they have their own copy of it. */
	key_close(service->setup.issuing_key);
	service->setup = fresh;
	service_point_context(service);
	service_start_log(service);
	roles_put_counts(roles, role_count, service->setup.conf);
	log_info("the configuration was loaded again");
	return true;
}

static void service_count_restart(void *context, const struct role *role)
{
	const struct service *service = context;
	enum metric restarts = roles_restart_metric(role);
	metrics_add(service->shared.metrics, restarts, 1);
	/* /ready need not wait for missed beats. */
	if (restarts == METRIC_RESTARTS_WRITER)
		atomic_store(&service->shared.state->writer_beat_ms, 0);
}

static void service_close_sockets(void *context)
{
	struct service *service = context;
	if (!service->sockets.is_activated)
		socket_remove(service->setup.conf->fastcgi_socket);
	if (!service->sockets.is_bulk_activated)
		socket_remove(service->setup.conf->bulk_socket);
}

static bool service_prepare(struct service *service)
{
	service->arena = arena_open(SERVICE_BYTES);
	if (service->arena == NULL ||
	        !setup_find_identities(service->setup.conf, &service->identities) ||
	        !setup_make_folders(service->setup.conf, &service->identities) ||
	        !setup_open_sockets(service->setup.conf, &service->identities, service->arena,
	                &service->sockets))
		return false;
	if (shared_open(service->setup.conf->rate_slots, &service->shared) != ERR_OK) {
		perror("coregated: cannot map the shared memory");
		return false;
	}
	service->pool = responder_pool_open(service->sockets.fastcgi_fd);
	service->bulk_pool = responder_pool_open(service->sockets.bulk_fd);
	if (service->pool == NULL || service->bulk_pool == NULL) {
		perror("coregated: cannot watch the FastCGI sockets");
		return false;
	}
	service_point_context(service);
	return true;
}

static int service_run(struct service *service)
{
	struct role roles[ROLES_COUNT];
	roles_init(roles, &service->context);
	const struct supervisor_settings settings = {
		.drain_ms = (int)service->setup.conf->drain_timeout_ms,
		.reload = service_reload,
		.on_restart = service_count_restart,
		.on_stop = service_close_sockets,
		.context = service,
	};
	log_info("coregated " PACKAGE_VERSION " starts");
	int status = supervisor_run(&settings, roles, ROLES_COUNT);
	socket_remove(service->sockets.writer_path);
	socket_remove(service->sockets.publisher_path);
	log_info("coregated ends");
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	options_parse(argc, argv, &options);
	struct service service = { .config_path = options.config_path };
	char message[CONF_MESSAGE_BYTES];
	if (!secret_init()) {
		fputs("coregated: libsodium cannot start\n", stderr);
		return EXIT_FAILURE;
	}
	if (!setup_load(options.config_path, &service.setup, message)) {
		fprintf(stderr, "coregated: %s\n", message);
		return EXIT_FAILURE;
	}
	int status = EXIT_SUCCESS;
	if (options.check_only) {
		if (options.verbose)
			conf_describe(service.setup.conf, stdout);
		printf("%s: the configuration is valid\n", options.config_path);
	} else {
		service_start_log(&service);
		status = service_prepare(&service) ? service_run(&service) : EXIT_FAILURE;
		responder_pool_close(service.pool);
		responder_pool_close(service.bulk_pool);
		arena_close(service.arena);
	}
	setup_unload(&service.setup);
	return status;
}
