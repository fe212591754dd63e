/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared.h"

#include <sys/eventfd.h>
#include <sys/mman.h>

/* Each part starts on a page of its own, so that no two owners share a cache line. */
#define PAGE_BYTES ((size_t)4096)

static size_t page_round(size_t bytes)
{
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

/* It has room for millions of records, and takes memory as they come. */
static struct search_index *shared_open_index(void)
{
	void *memory = mmap(NULL, page_round(search_index_bytes()), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : search_index_init(memory);
}

enum err shared_open(size_t rate_slots, struct shared *ret_shared)
{
	const size_t state_bytes = page_round(sizeof(struct shared_state));
	const size_t metrics_size = page_round(metrics_bytes());
	const size_t limits_size = page_round(limit_bytes(rate_slots));
	const size_t board_size = page_round(board_bytes());
	unsigned char *memory = mmap(NULL, state_bytes + metrics_size + limits_size + board_size,
	        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return ERR_UNAVAILABLE;
	int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int log_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (wake_fd < 0 || log_fd < 0)
		return ERR_UNAVAILABLE;
	*ret_shared = (struct shared){
		.state = (struct shared_state *)memory,
		.metrics = metrics_init(memory + state_bytes),
		.limits = limit_init(memory + state_bytes + metrics_size, rate_slots),
		.board = board_init(memory + state_bytes + metrics_size + limits_size),
		.index = shared_open_index(),
		.log_fd = log_fd,
		.wake_fd = wake_fd,
	};
	random_bytes(ret_shared->state->cursor_key, SEAL_KEY_BYTES);
	return ERR_OK;
}
