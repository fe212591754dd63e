/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

bool pass_send(int socket_fd, const void *bytes, size_t length, int fd)
{
	union control control = { 0 };
	struct iovec piece = { .iov_base = (void *)(size_t)bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(socket_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

static int find_fd(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	        header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	int fd;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

bool pass_receive(int socket_fd, void *bytes, size_t room, size_t *ret_length, int *ret_fd)
{
	union control control;
	struct iovec piece = { .iov_base = bytes, .iov_len = room };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return false;
	int fd = find_fd(&message);
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		if (fd >= 0)
			close(fd);
		errno = EMSGSIZE;
		return false;
	}
	*ret_length = (size_t)got;
	*ret_fd = fd;
	return true;
}
