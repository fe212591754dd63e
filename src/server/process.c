/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct process_board {
	size_t bytes;
	int wake_fd;
	_Atomic bool is_last;
	_Atomic bool ready[];
};

/* This process's own life; one per process by nature. */
static struct {
	struct process_board *board;
	size_t slot;
	pid_t parent;
	int stop_fd;
	bool is_stopping;
} self = { .stop_fd = -1 };

bool process_is_stopping(void)
{
	if (self.is_stopping || self.stop_fd < 0)
		return self.is_stopping;
	struct pollfd stop = { .fd = self.stop_fd, .events = POLLIN };
	self.is_stopping = poll(&stop, 1, 0) > 0;
	return self.is_stopping;
}

bool process_is_last(void)
{
	return self.board && (atomic_load(&self.board->is_last) || getppid() != self.parent);
}

int process_stop_fd(void)
{
	return self.stop_fd;
}

void process_set_ready(void)
{
	if (!self.board || atomic_exchange(&self.board->ready[self.slot], true))
		return;
	/* The counter only overflows after 2^64 - 2 wake-ups; then the supervisor is awake. */
	(void)eventfd_write(self.board->wake_fd, 1);
}

struct process_board *process_board_open(size_t slot_count)
{
	size_t bytes = sizeof(struct process_board) + slot_count * sizeof(_Atomic bool);
	struct process_board *board =
	        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return NULL;
	board->bytes = bytes;
	board->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (board->wake_fd >= 0)
		return board;
	int saved = errno;
	munmap(board, bytes);
	errno = saved;
	return NULL;
}

void process_board_close(struct process_board *board)
{
	if (!board)
		return;
	close(board->wake_fd);
	munmap(board, board->bytes);
}

int process_board_fd(const struct process_board *board)
{
	return board->wake_fd;
}

void process_board_drain(struct process_board *board)
{
	eventfd_t ignored;
	(void)eventfd_read(board->wake_fd, &ignored);
}

void process_board_clear(struct process_board *board, size_t slot)
{
	atomic_store(&board->ready[slot], false);
}

bool process_board_is_ready(const struct process_board *board, size_t slot)
{
	return atomic_load(&board->ready[slot]);
}

void process_board_set_last(struct process_board *board)
{
	atomic_store(&board->is_last, true);
}

/* The terminal sends SIGINT and SIGHUP to children too; what they mean is the supervisor's matter.
 */
static bool set_signals(void)
{
	static const int ignored[] = { SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2 };
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			return false;
	}
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGTERM, SIG_DFL) == SIG_ERR)
		return false;

	sigset_t stop;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	if (sigprocmask(SIG_SETMASK, &stop, NULL) != 0)
		return false;
	self.stop_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return self.stop_fd >= 0;
}

bool process_init(struct process_board *board, size_t slot, const char *name, pid_t parent)
{
	self.board = board;
	self.slot = slot;
	self.parent = parent;
	self.is_stopping = false;
	if (!set_signals())
		return false;
	if (prctl(PR_SET_NAME, name) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return false;
	/* The parent may have died before the line above. */
	errno = ESRCH;
	return getppid() == parent;
}
