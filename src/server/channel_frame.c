/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/channel_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/file.h"
#include "server/pass.h"

#define FRAME_MAGIC 0x63673031u /* "cg01" */
#define SEALS       (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Sealed, so that the receiver may map it: nobody can cut or change it under its eyes. */
static int open_sealed(const struct channel_bytes *message)
{
	int fd = memfd_create("coregate", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (file_write_all(fd, message->bytes, message->length) &&
	        fcntl(fd, F_ADD_SEALS, SEALS) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

bool frame_send(int socket_fd, const struct channel_bytes *message, uint8_t *scratch)
{
	if (message->length > CHANNEL_CEILING_BYTES) {
		errno = EMSGSIZE;
		return false;
	}
	struct buf head;
	buf_init_fixed(&head, scratch, FRAME_BYTES);
	buf_put_u32(&head, FRAME_MAGIC);
	buf_put_u32(&head, (uint32_t)message->length);
	if (message->length <= CHANNEL_INLINE_BYTES) {
		if (message->length > 0)
			memcpy(scratch + FRAME_HEAD_BYTES, message->bytes, message->length);
		return pass_send(socket_fd, scratch, FRAME_HEAD_BYTES + message->length, -1);
	}

	int fd = open_sealed(message);
	if (fd < 0)
		return false;
	bool is_sent = pass_send(socket_fd, scratch, FRAME_HEAD_BYTES, fd);
	int saved = errno;
	close(fd);
	errno = saved;
	return is_sent;
}

static bool map_sealed(int fd, size_t length, struct frame *ret_frame)
{
	struct stat status;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &status) != 0 ||
	        status.st_size != (off_t)length)
		return false;
	void *mapping = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mapping == MAP_FAILED)
		return false;
	*ret_frame = (struct frame){ { mapping, length }, mapping };
	return true;
}

static bool open_frame(const uint8_t *scratch, size_t got, int fd, struct frame *ret_frame)
{
	struct decoder head;
	decoder_init(&head, scratch, got < FRAME_HEAD_BYTES ? got : FRAME_HEAD_BYTES);
	uint32_t magic = decoder_u32(&head);
	uint32_t length = decoder_u32(&head);
	if (head.failed || magic != FRAME_MAGIC || length > CHANNEL_CEILING_BYTES)
		return false;
	if (length > CHANNEL_INLINE_BYTES)
		return fd >= 0 && got == FRAME_HEAD_BYTES && map_sealed(fd, length, ret_frame);
	if (fd >= 0 || got != FRAME_HEAD_BYTES + length)
		return false;
	*ret_frame = (struct frame){ { scratch + FRAME_HEAD_BYTES, length }, NULL };
	return true;
}

bool frame_receive(int socket_fd, uint8_t *scratch, struct frame *ret_frame)
{
	size_t got;
	int fd;
	if (!pass_receive(socket_fd, scratch, FRAME_BYTES, &got, &fd)) {
		if (errno == EMSGSIZE)
			errno = EBADMSG;
		return false;
	}
	if (got == 0) {
		errno = ECONNRESET;
		return false;
	}
	bool is_good = open_frame(scratch, got, fd, ret_frame);
	if (fd >= 0)
		close(fd);
	errno = EBADMSG;
	return is_good;
}

void frame_fini(struct frame *frame)
{
	if (frame->mapping)
		munmap(frame->mapping, frame->message.length);
	frame->mapping = NULL;
}
