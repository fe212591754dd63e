/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static bool set_address(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);
	if (length >= sizeof(address->sun_path))
		return false;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, length + 1);
	return true;
}

static int open_unix(int type)
{
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* ERR_OK: the path is free, a file nobody answers on has been removed. */
static enum err clear_path(const struct sockaddr_un *address, int type)
{
	struct stat status;
	if (lstat(address->sun_path, &status) != 0)
		return errno == ENOENT ? ERR_OK : ERR_UNAVAILABLE;
	if (!S_ISSOCK(status.st_mode)) {
		errno = ENOTSOCK;
		return ERR_UNAVAILABLE;
	}

	int probe = open_unix(type);
	if (probe < 0)
		return ERR_UNAVAILABLE;
	int connected = connect(probe, (const struct sockaddr *)address, sizeof(*address));
	int saved = errno;
	close(probe);
	/* EAGAIN: its backlog is full; EPROTOTYPE: a socket of another type. Somebody is there. */
	if (connected == 0 || saved == EAGAIN || saved == EPROTOTYPE)
		return ERR_EXISTS;
	errno = saved;
	if (saved != ECONNREFUSED || unlink(address->sun_path) != 0)
		return ERR_UNAVAILABLE;
	return ERR_OK;
}

/* Nobody can connect before listen, so that owner and mode are in force from the first moment. */
static bool bind_and_listen(
        int fd, const struct sockaddr_un *address, const struct socket_settings *settings)
{
	mode_t before = umask(0177);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(before);
	if (bound != 0)
		return false;

	bool is_owned = settings->owner == SOCKET_KEEP_ID && settings->group == SOCKET_KEEP_ID;
	if ((is_owned || lchown(settings->path, settings->owner, settings->group) == 0) &&
	        chmod(settings->path, settings->mode) == 0 && listen(fd, settings->backlog) == 0)
		return true;
	int saved = errno;
	unlink(settings->path);
	errno = saved;
	return false;
}

static enum err listen_unix(const struct socket_settings *settings, int type, int *ret_fd)
{
	struct sockaddr_un address;
	if (!set_address(&address, settings->path))
		return ERR_TOO_LARGE;
	enum err err = clear_path(&address, type);
	if (err != ERR_OK)
		return err;

	int fd = open_unix(type);
	if (fd < 0)
		return ERR_UNAVAILABLE;
	if (!bind_and_listen(fd, &address, settings)) {
		int saved = errno;
		close(fd);
		errno = saved;
		return saved == EADDRINUSE ? ERR_EXISTS : ERR_UNAVAILABLE;
	}
	*ret_fd = fd;
	return ERR_OK;
}

enum err socket_listen_stream(const struct socket_settings *settings, int *ret_fd)
{
	return listen_unix(settings, SOCK_STREAM, ret_fd);
}

enum err socket_listen_seqpacket(const struct socket_settings *settings, int *ret_fd)
{
	return listen_unix(settings, SOCK_SEQPACKET, ret_fd);
}

static bool is_good_activated(int fd)
{
	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
		return false;
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

enum err socket_take_activated(int *ret_fd, int *ret_second_fd)
{
	int count = sd_listen_fds(1);
	if (count == 0)
		return ERR_NOT_FOUND;
	if (count < 0 || count > 2)
		return ERR_CONFLICT;
	for (int i = 0; i < count; i++) {
		if (!is_good_activated(SD_LISTEN_FDS_START + i))
			return ERR_CONFLICT;
	}
	*ret_fd = SD_LISTEN_FDS_START;
	*ret_second_fd = count == 2 ? SD_LISTEN_FDS_START + 1 : -1;
	return ERR_OK;
}

void socket_remove(const char *path)
{
	struct stat status;
	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		(void)unlink(path);
}
