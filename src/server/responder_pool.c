/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/connections.h"
#include "server/responder.h"

static _Atomic uint32_t *map_shares(void)
{
	void *mapping = mmap(NULL, RESPONDERS_MAX * sizeof(_Atomic uint32_t),
	        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return mapping == MAP_FAILED ? NULL : mapping;
}

struct responder_pool *responder_pool_open(int listen_fd)
{
	struct responder_pool *pool = calloc(1, sizeof(*pool));
	int pair[2];
	if (!pool ||
	        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
		free(pool);
		return NULL;
	}
	*pool = (struct responder_pool){ listen_fd, pair[0], pair[1], map_shares() };
	if (pool->shares)
		return pool;
	responder_pool_close(pool);
	return NULL;
}

void responder_pool_close(struct responder_pool *pool)
{
	if (!pool)
		return;
	if (pool->shares)
		munmap((void *)pool->shares, RESPONDERS_MAX * sizeof(_Atomic uint32_t));
	close(pool->handover_in);
	close(pool->handover_out);
	free(pool);
}
