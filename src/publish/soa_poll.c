/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "publish/soa_poll.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/query.h"
#include "dns/serial.h"
#include "dns/type.h"
#include "publish/address.h"
#include "publish/watch.h"

#define IDS              65536u
#define ID_TRIES         64u
#define ANSWER_BYTES     4096
#define ANSWERS_PER_STEP 1024u
#define PROBE_MISSES_MAX 4u
#define TIMEOUT_LEAST_MS 20
#define BURST            64

struct server {
	struct sockaddr_storage address;
	socklen_t address_length;
	int fd;               /* connected: the kernel drops what others send; -1: none */
	struct watch **by_id; /* IDS of them: the question that has this id */
	bool is_judged;       /* told to be up or down once */
	bool is_up;
	int64_t waiting_since_us; /* the first question since the last answer; 0: none */
	uint32_t rtt_us;          /* smoothed */
	const char *error;        /* of the last send or receive */
};

struct soa_poll {
	struct watch_table watches;
	struct soa_poll_events events;
	void (*random)(void *ret_bytes, size_t length);
	int64_t room_at_us; /* virtual time of the rate limit (GCRA) */
	size_t server_count;
	struct server servers[SOA_POLL_SERVERS];
};

/* ---- life ---- */

static void server_connect(struct server *server)
{
	server->fd =
	        socket(server->address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return;
	if (connect(server->fd, (struct sockaddr *)&server->address, server->address_length) == 0)
		return;
	close(server->fd);
	server->fd = -1;
}

enum err soa_poll_open(const char *const *addresses, size_t count,
        void (*random)(void *ret_bytes, size_t length), const struct soa_poll_events *events,
        struct soa_poll **ret_poll)
{
	struct soa_poll *poll = calloc(1, sizeof(*poll));
	if (poll == NULL)
		return ERR_UNAVAILABLE;
	poll->events = *events;
	poll->random = random;
	enum err err = watch_table_init(&poll->watches) ? ERR_OK : ERR_UNAVAILABLE;
	if (count > SOA_POLL_SERVERS)
		err = ERR_BAD_REQUEST;
	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		struct server *server = &poll->servers[poll->server_count++];
		server->fd = -1;
		server->by_id = calloc(IDS, sizeof(struct watch *));
		if (server->by_id == NULL)
			err = ERR_UNAVAILABLE;
		else if (!socket_address_parse(
		                 addresses[i], &server->address, &server->address_length))
			err = ERR_BAD_REQUEST;
	}
	if (err != ERR_OK)
		soa_poll_close(poll);
	else
		*ret_poll = poll;
	return err;
}

void soa_poll_close(struct soa_poll *poll)
{
	if (poll == NULL)
		return;
	if (poll->watches.buckets != NULL)
		watch_table_fini(&poll->watches);
	for (size_t i = 0; i < poll->server_count; i++) {
		if (poll->servers[i].fd >= 0)
			close(poll->servers[i].fd);
		free(poll->servers[i].by_id);
	}
	free(poll);
}

/* ---- watches ---- */

/* Forgets the question that is out, so that a late answer finds nothing. */
static void watch_settle(struct soa_poll *poll, struct watch *watch)
{
	if (watch->is_asked)
		poll->servers[watch->server].by_id[watch->id] = NULL;
	watch->is_asked = false;
}

static void watch_end(struct soa_poll *poll, struct watch *watch)
{
	watch_settle(poll, watch);
	watch_drop(&poll->watches, watch);
}

bool soa_poll_watch(
        struct soa_poll *poll, const struct name *zone, uint32_t serial, int64_t steady_ms)
{
	for (size_t i = 0; i < poll->server_count; i++) {
		struct watch *watch = watch_find(&poll->watches, zone, i, false);
		struct watch values = { .zone = *zone, .server = i, .serial = serial };
		if (watch == NULL) {
			if (watch_add(&poll->watches, &values, steady_ms) == NULL)
				return false;
			continue;
		}
		if (watch->serial == serial)
			continue;
		/* A server that lagged for long is asked often again, for there is news for it. */
		watch->serial = serial;
		watch->attempts = 0;
		if (!watch->is_asked)
			heap_put(&poll->watches.due, &watch->node, steady_ms);
	}
	return true;
}

void soa_poll_forget(struct soa_poll *poll, const struct name *zone)
{
	for (size_t i = 0; i < poll->server_count; i++) {
		struct watch *watch = watch_find(&poll->watches, zone, i, false);
		if (watch != NULL)
			watch_end(poll, watch);
	}
}

void soa_poll_probe(struct soa_poll *poll, const struct name *zone, int64_t steady_ms)
{
	static const struct name root = { .length = 1 };
	zone = zone != NULL ? zone : &root;
	for (size_t i = 0; i < poll->server_count; i++) {
		struct watch values = { .zone = *zone, .server = i, .is_probe = true };
		if (watch_find(&poll->watches, zone, i, true) == NULL)
			(void)watch_add(&poll->watches, &values, steady_ms);
	}
}

/* ---- asking ---- */

static bool pick_id(const struct soa_poll *poll, const struct server *server, uint16_t *ret_id)
{
	for (unsigned i = 0; i < ID_TRIES; i++) {
		uint16_t id;
		poll->random(&id, sizeof(id));
		if (server->by_id[id] == NULL) {
			*ret_id = id;
			return true;
		}
	}
	return false;
}

/* Of ms, a quarter more or less. */
static int64_t jitter_ms(const struct soa_poll *poll, int64_t ms)
{
	uint32_t random;
	poll->random(&random, sizeof(random));
	return ms - ms / 4 + (int64_t)(random % (uint64_t)(ms / 2 + 1));
}

/* Each pause a quarter longer than the one before: what is served is then noticed at most a quarter
 * too late, at the price of some ten questions. */
static int64_t pause_ms(const struct soa_poll *poll, unsigned attempts)
{
	int64_t pause_us = SOA_POLL_FIRST_MS * 1000;
	for (unsigned i = 1; i < attempts && pause_us < SOA_POLL_MOST_MS * 1000; i++)
		pause_us += pause_us / 4;
	if (pause_us > SOA_POLL_MOST_MS * 1000)
		pause_us = SOA_POLL_MOST_MS * 1000;
	return jitter_ms(poll, pause_us / 1000);
}

static int64_t timeout_ms(const struct soa_poll *poll, const struct watch *watch)
{
	int64_t wait_ms = 3 * (int64_t)poll->servers[watch->server].rtt_us / 1000;
	if (wait_ms < TIMEOUT_LEAST_MS)
		wait_ms = TIMEOUT_LEAST_MS;
	for (unsigned i = 0; i < watch->misses && wait_ms < SOA_POLL_MOST_MS; i++)
		wait_ms *= 2;
	if (wait_ms > SOA_POLL_MOST_MS)
		wait_ms = SOA_POLL_MOST_MS;
	return jitter_ms(poll, wait_ms);
}

static void server_send(struct server *server, const struct watch *watch)
{
	uint8_t query[QUERY_BYTES_MAX];
	size_t length = query_render(&watch->zone, TYPE_SOA, watch->id, query);
	if (server->fd < 0)
		server_connect(server);
	if (server->fd < 0 || send(server->fd, query, length, MSG_NOSIGNAL) < 0)
		server->error = strerrordesc_np(errno);
}

/* Sends or repeats the question of a watch. A repeated one keeps its id, so that an answer that is
 * slower than the timeout counts too. */
static void watch_ask(struct soa_poll *poll, struct watch *watch, int64_t steady_us)
{
	struct server *server = &poll->servers[watch->server];
	bool is_repeated = watch->is_asked;
	if (is_repeated && ++watch->misses > PROBE_MISSES_MAX && watch->is_probe) {
		watch_end(poll, watch);
		return;
	}
	if (!is_repeated && pick_id(poll, server, &watch->id)) {
		server->by_id[watch->id] = watch;
		watch->is_asked = true;
		watch->asked_us = steady_us;
	}
	if (server->waiting_since_us == 0)
		server->waiting_since_us = steady_us;
	if (watch->is_asked)
		server_send(server, watch);
	heap_put(&poll->watches.due, &watch->node, steady_us / 1000 + timeout_ms(poll, watch));
	poll->events.asked(poll->events.context, (size_t)(server - poll->servers), is_repeated);
}

static int64_t send_cost_us(const struct soa_poll *poll)
{
	return 1000000 / (SOA_POLL_RATE * (int64_t)poll->server_count);
}

static bool may_send(struct soa_poll *poll, int64_t steady_us)
{
	int64_t cost_us = send_cost_us(poll);
	if (poll->room_at_us < steady_us)
		poll->room_at_us = steady_us;
	if (poll->room_at_us - steady_us > BURST * cost_us)
		return false;
	poll->room_at_us += cost_us;
	return true;
}

/* ---- answers ---- */

static void judge(struct soa_poll *poll, struct server *server, const char *error)
{
	bool is_up = error == NULL;
	if (server->is_judged && server->is_up == is_up)
		return;
	server->is_judged = true;
	server->is_up = is_up;
	poll->events.changed(poll->events.context, (size_t)(server - poll->servers), error);
}

static void note_answer(struct soa_poll *poll, struct watch *watch, int64_t steady_us)
{
	struct server *server = &poll->servers[watch->server];
	int64_t rtt_us = steady_us - watch->asked_us;
	uint32_t rtt = rtt_us < 0 ? 0 : rtt_us > UINT32_MAX ? UINT32_MAX : (uint32_t)rtt_us;
	/* Which of several questions was answered cannot be told: no measure then. */
	if (watch->misses == 0)
		server->rtt_us = server->rtt_us == 0 ? rtt : server->rtt_us / 8 * 7 + rtt / 8;
	watch_settle(poll, watch);
	watch->misses = 0;
	server->waiting_since_us = 0;
	server->error = NULL;
	judge(poll, server, NULL);
	poll->events.answered(poll->events.context, (size_t)(server - poll->servers), rtt);
}

/* What the answer says of the zone. The watch is settled before anybody is told, for whoever is
 * told may change the watches. */
static void take_serial(
        struct soa_poll *poll, struct watch *watch, const uint32_t *serial, int64_t steady_us)
{
	struct watch copy = *watch;
	const struct soa_poll_events *events = &poll->events;
	bool is_wanted = serial != NULL && !copy.is_probe && !serial_is_after(copy.serial, *serial);
	if (is_wanted || copy.is_probe) {
		watch_end(poll, watch);
	} else {
		watch->attempts++;
		heap_put(&poll->watches.due, &watch->node,
		        steady_us / 1000 + pause_ms(poll, watch->attempts));
	}
	if (serial != NULL)
		events->served(events->context, copy.server, &copy.zone, *serial, is_wanted);
	else if (copy.is_probe)
		events->missing(events->context, copy.server, &copy.zone);
}

static void take_answer(struct soa_poll *poll, struct server *server, const uint8_t *bytes,
        size_t length, int64_t steady_us)
{
	if (length < 2)
		return;
	uint16_t id = (uint16_t)(bytes[0] << 8 | bytes[1]);
	struct watch *watch = server->by_id[id];
	struct answer answer;
	uint32_t serial;
	if (watch == NULL)
		return;
	struct question question = { .name = &watch->zone, .type = TYPE_SOA, .id = id };
	if (answer_parse(bytes, length, &question, &answer) != ERR_OK)
		return;
	note_answer(poll, watch, steady_us);
	bool has_serial = answer_find_serial(&answer, &watch->zone, &serial);
	take_serial(poll, watch, has_serial ? &serial : NULL, steady_us);
}

static void server_receive(struct soa_poll *poll, struct server *server, int64_t steady_us)
{
	uint8_t bytes[ANSWER_BYTES];
	for (unsigned i = 0; i < ANSWERS_PER_STEP && server->fd >= 0; i++) {
		ssize_t got = recv(server->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (got >= 0)
			take_answer(poll, server, bytes, (size_t)got, steady_us);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
		else if (errno != EINTR)
			server->error = strerrordesc_np(errno);
	}
}

/* ---- the owner's loop ---- */

size_t soa_poll_fds(const struct soa_poll *poll, struct pollfd ret_fds[static SOA_POLL_SERVERS])
{
	size_t count = 0;
	for (size_t i = 0; i < poll->server_count; i++) {
		if (poll->servers[i].fd >= 0)
			ret_fds[count++] =
			        (struct pollfd){ .fd = poll->servers[i].fd, .events = POLLIN };
	}
	return count;
}

int64_t soa_poll_due_ms(const struct soa_poll *poll)
{
	const struct watch *first = watch_first(&poll->watches);
	if (first == NULL)
		return INT64_MAX;
	int64_t room_ms = (poll->room_at_us - BURST * send_cost_us(poll) + 999) / 1000;
	return first->node.due_ms > room_ms ? first->node.due_ms : room_ms;
}

void soa_poll_step(struct soa_poll *poll, int64_t steady_us)
{
	for (size_t i = 0; i < poll->server_count; i++)
		server_receive(poll, &poll->servers[i], steady_us);
	for (struct watch *watch; (watch = watch_first(&poll->watches)) != NULL;) {
		if (watch->node.due_ms > steady_us / 1000 || !may_send(poll, steady_us))
			break;
		watch_ask(poll, watch, steady_us);
	}
	for (size_t i = 0; i < poll->server_count; i++) {
		struct server *server = &poll->servers[i];
		if (server->waiting_since_us != 0 &&
		        steady_us - server->waiting_since_us >= SOA_POLL_DOWN_MS * 1000)
			judge(poll, server,
			        server->error != NULL ? server->error : "it does not answer");
	}
}
