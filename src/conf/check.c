/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The longest name of a socket that is made in run_dir. */
#define RUN_DIR_SOCKET "/writer.sock"

#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

struct check {
	const struct conf *conf;
	struct buf *problem;
	unsigned line;
};

static bool is_inside(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return true;
	return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The device a path is on, or will be on once it is made. */
static bool find_device(const char *path, dev_t *ret_device)
{
	char parent[4096];
	struct stat status;
	char *slash;

	if (strlen(path) >= sizeof(parent))
		return false;
	memcpy(parent, path, strlen(path) + 1);
	while (stat(parent, &status) != 0) {
		slash = strrchr(parent, '/');
		if (errno != ENOENT || slash == NULL || parent[1] == '\0')
			return false;
		slash[slash == parent] = '\0';
	}
	*ret_device = status.st_dev;
	return true;
}

/* As is_inside, once links are followed; false when one of the two is not there yet. */
static bool is_really_inside(const char *path, const char *folder)
{
	char *real_path = realpath(path, NULL);
	char *real_folder = realpath(folder, NULL);
	bool is = real_path != NULL && real_folder != NULL && is_inside(real_path, real_folder);

	free(real_path);
	free(real_folder);
	return is;
}

static bool check_zone_dir(struct check *check)
{
	const struct conf *conf = check->conf;
	dev_t temp_device;
	dev_t zone_device;

	check->line =
	        conf->publish_temp_dir_line ? conf->publish_temp_dir_line : conf->zone_dir_line;
	if (is_inside(conf->publish_temp_dir, conf->zone_dir) ||
	        is_really_inside(conf->publish_temp_dir, conf->zone_dir)) {
		buf_printf(check->problem, "publish_temp_dir: %s is inside zone_dir",
		        conf->publish_temp_dir);
		return false;
	}
	if (find_device(conf->publish_temp_dir, &temp_device) &&
	        find_device(conf->zone_dir, &zone_device) && temp_device != zone_device) {
		buf_printf(check->problem,
		        "publish_temp_dir: %s is not on the file system of zone_dir",
		        conf->publish_temp_dir);
		return false;
	}
	if (is_inside(conf->store, conf->zone_dir) ||
	        is_really_inside(conf->store, conf->zone_dir)) {
		check->line = conf->store_line ? conf->store_line : conf->zone_dir_line;
		buf_printf(check->problem, "store: %s is inside zone_dir", conf->store);
		return false;
	}
	return true;
}

static bool check_sockets(struct check *check)
{
	const struct conf *conf = check->conf;

	if (strlen(conf->fastcgi_socket) > SOCKET_PATH_MAX) {
		check->line = conf->fastcgi_socket_line;
		buf_printf(check->problem, "fastcgi_socket: a socket's path has at most %zu bytes",
		        SOCKET_PATH_MAX);
		return false;
	}
	if (strlen(conf->bulk_socket) > SOCKET_PATH_MAX) {
		check->line = conf->bulk_socket_line;
		buf_printf(check->problem, "bulk_socket: a socket's path has at most %zu bytes",
		        SOCKET_PATH_MAX);
		return false;
	}
	if (strcmp(conf->bulk_socket, conf->fastcgi_socket) == 0) {
		check->line = conf->bulk_socket_line != 0 ? conf->bulk_socket_line
		                                          : conf->fastcgi_socket_line;
		buf_printf(check->problem, "bulk_socket: it is the same as fastcgi_socket");
		return false;
	}
	if (strlen(conf->run_dir) + strlen(RUN_DIR_SOCKET) > SOCKET_PATH_MAX) {
		check->line = conf->run_dir_line;
		buf_printf(check->problem, "run_dir: the path is too long for the sockets in it");
		return false;
	}
	return true;
}

static bool check_records(struct check *check)
{
	const struct conf *conf = check->conf;

	if (conf->ttl_min <= conf->ttl && conf->ttl <= conf->ttl_max)
		return true;
	check->line = conf->ttl_line;
	if (check->line == 0)
		check->line = conf->ttl > conf->ttl_max ? conf->ttl_max_line : conf->ttl_min_line;
	buf_printf(check->problem, "ttl: %u is not between ttl_min %u and ttl_max %u", conf->ttl,
	        conf->ttl_min, conf->ttl_max);
	return false;
}

static bool check_tokens(struct check *check)
{
	check->line = check->conf->token_audience_line;
	if (check->conf->token_audience[0] != '\0')
		return true;
	buf_printf(check->problem, "token_audience: it must not be empty");
	return false;
}

/* scheme://host or scheme://host:port as browsers send it: in lower case, without a path. */
static bool is_origin(const char *text)
{
	static const char host[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
	size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
	                : strncmp(text, "http://", 7) == 0 ? 7
	                                                   : 0;

	return scheme > 0 && text[scheme] != '\0' && text[scheme] != ':' &&
	       strspn(text + scheme, host) == strlen(text + scheme);
}

static bool check_origins(struct check *check)
{
	const struct conf *conf = check->conf;

	check->line = conf->cors_origins_line;
	for (size_t i = 0; i < conf->cors_origins.count; i++) {
		if (is_origin(conf->cors_origins.items[i]))
			continue;
		buf_printf(check->problem,
		        "cors_origins: \"%.200s\" is not an origin such as "
		        "https://dns.example.com, in lower case and without a path",
		        conf->cors_origins.items[i]);
		return false;
	}
	return true;
}

static bool check_limits(struct check *check)
{
	const struct conf *conf = check->conf;

	if (conf_find_rate_class(conf, conf->rate_default_class) == NULL) {
		check->line = conf->rate_default_class_line;
		buf_printf(check->problem, "rate_default_class: there is no rate_class \"%s\"",
		        conf->rate_default_class);
		return false;
	}
	if (conf->request_memory_bytes / 4 < conf->body_max_bytes) {
		check->line = conf->request_memory_bytes_line ? conf->request_memory_bytes_line
		                                              : conf->body_max_bytes_line;
		buf_printf(check->problem,
		        "request_memory_bytes: %u is less than four times body_max_bytes",
		        conf->request_memory_bytes);
		return false;
	}
	return true;
}

static bool check_coredns(struct check *check)
{
	for (size_t i = 0; i < check->conf->coredns_count; i++) {
		const struct conf_coredns *coredns = &check->conf->coredns[i];

		check->line = coredns->line;
		if (coredns->dns_address[0] == '\0') {
			buf_printf(
			        check->problem, "coredns \"%s\" has no dns_address", coredns->name);
			return false;
		}
	}
	return true;
}

static bool check_key_file(struct check *check, const struct conf_key *key)
{
	struct stat status;
	/* Not to wait for a writer, should it be a pipe. */
	int fd = open(key->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	check->line = key->file_line;
	if (fd < 0) {
		buf_printf(check->problem, "key \"%s\": %s cannot be read: %s", key->name,
		        key->file, strerror(errno));
		return false;
	}
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd);
		buf_printf(check->problem, "key \"%s\": %s is not a file", key->name, key->file);
		return false;
	}
	(void)close(fd);
	return true;
}

static bool check_keys(struct check *check)
{
	for (size_t i = 0; i < check->conf->key_count; i++) {
		const struct conf_key *key = &check->conf->keys[i];

		check->line = key->line;
		if (key->file[0] == '\0') {
			buf_printf(check->problem, "key \"%s\" has no file", key->name);
			return false;
		}
		if (key->zones.count == 0) {
			check->line = key->zones_line;
			buf_printf(check->problem, "key \"%s\": zones is empty", key->name);
			return false;
		}
		if (!check_key_file(check, key))
			return false;
	}
	return true;
}

bool conf_is_name(const char *name)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                               "0123456789._-";
	size_t length = strlen(name);

	return length >= 1 && length <= CONF_NAME_MAX_LENGTH && strspn(name, alphabet) == length;
}

bool conf_check(const struct conf *conf, struct buf *problem, unsigned *ret_line)
{
	static bool (*const checks[])(struct check *) = { check_zone_dir, check_sockets,
		check_records, check_tokens, check_origins, check_limits, check_coredns,
		check_keys };
	struct check check = { .conf = conf, .problem = problem };

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (!checks[i](&check)) {
			*ret_line = check.line;
			return false;
		}
	}
	return true;
}
