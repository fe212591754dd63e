/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "copier.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "server/process.h"
#include "store/checkpoint.h"

/* After a failure: a full disk does not get better by trying. The writer asks again anyhow. */
#define PAUSE_MS 100

static void copy(const struct copier_context *context, struct checkpointer *checkpointer)
{
	uint32_t frames;
	if (checkpointer_copy(checkpointer, &frames) == ERR_OK)
		atomic_store(&context->shared->state->log_copied, frames);
	else
		(void)poll(NULL, 0, PAUSE_MS);
}

int copier_run(const struct copier_context *context)
{
	const struct store_settings settings = { .path = context->store_path };
	struct checkpointer *checkpointer = checkpointer_open(&settings);
	if (checkpointer == NULL) {
		log_error("no memory for the copier");
		return EXIT_FAILURE;
	}
	context->on_ready();
	while (!process_is_stopping()) {
		struct pollfd fds[] = {
			{ .fd = context->shared->log_fd, .events = POLLIN },
			{ .fd = context->stop_fd, .events = POLLIN },
		};
		uint64_t asked;
		(void)poll(fds, 2, -1);
		if (read(context->shared->log_fd, &asked, sizeof(asked)) > 0)
			copy(context, checkpointer);
	}
	checkpointer_close(checkpointer);
	return EXIT_SUCCESS;
}
