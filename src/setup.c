/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/key_file.h"
#include "core/file.h"
#include "server/socket.h"

#define KEYRING_BYTES_MAX ((size_t)1024 * 1024)
#define KEY_FILE_MAX      ((size_t)4096)
#define FASTCGI_BACKLOG   4096
#define CHANNEL_BACKLOG   1024
#define CHANNEL_MODE      0660
#define FOLDER_MODE       0750

/* ---- configuration and keys ---- */

static bool setup_add_key(struct setup *setup, const struct conf_key *key, char *message)
{
	char *text;
	size_t length;
	const char *detail = "the key ring is too large";
	if (file_read(setup->arena, key->file, KEY_FILE_MAX, &text, &length) != ERR_OK) {
		snprintf(message, CONF_MESSAGE_BYTES, "%s:%u: cannot read the key file %s",
		        setup->conf->file, key->file_line, key->file);
		return false;
	}
	const struct keyring_entry entry = {
		.paserk_text = text,
		.not_after_ms = key->not_after,
		.zones = key->zones.items,
		.zone_count = key->zones.count,
		.adm = key->adm.items,
		.adm_count = key->adm.count,
		.max_lifetime_ms = (int64_t)key->max_lifetime_s * 1000,
	};
	if (keyring_add(&setup->keyring, &entry, &detail) == ERR_OK)
		return true;
	snprintf(message, CONF_MESSAGE_BYTES, "%s:%u: key \"%s\": %s", setup->conf->file, key->line,
	        key->name, detail);
	return false;
}

/* While the supervisor still is who may read it. What it signs must be taken here. */
static bool setup_load_issuing_key(struct setup *setup, char *message)
{
	const struct conf *conf = setup->conf;
	const char *detail = "";
	char key_id[KEY_ID_BYTES];
	struct key public;
	if (conf->issuing_key[0] == '\0')
		return true;
	enum err err = key_file_read_secret(conf->issuing_key, NULL, &setup->issuing_key, &detail);
	if (err != ERR_OK) {
		snprintf(message, CONF_MESSAGE_BYTES, "%s:%u: issuing_key: %s: %s", conf->file,
		        conf->issuing_key_line, conf->issuing_key, detail);
		return false;
	}
	key_get_public(setup->issuing_key, &public);
	key_render_id(&public, key_id);
	if (keyring_find(&setup->keyring, key_id) != NULL)
		return true;
	snprintf(message, CONF_MESSAGE_BYTES,
	        "%s:%u: issuing_key: no key block has its public key, %s", conf->file,
	        conf->issuing_key_line, key_id);
	return false;
}

bool setup_load(const char *path, struct setup *ret_setup, char message[static CONF_MESSAGE_BYTES])
{
	struct setup setup = { 0 };
	if (!conf_load(path, &setup.conf, message))
		return false;
	setup.arena = arena_open(KEYRING_BYTES_MAX);
	bool ok = setup.arena != NULL;
	if (!ok)
		snprintf(message, CONF_MESSAGE_BYTES, "%s: no memory", path);
	keyring_init(&setup.keyring, setup.arena);
	for (size_t i = 0; ok && i < setup.conf->key_count; i++)
		ok = setup_add_key(&setup, &setup.conf->keys[i], message);
	ok = ok && setup_load_issuing_key(&setup, message);
	if (!ok) {
		setup_unload(&setup);
		return false;
	}
	*ret_setup = setup;
	return true;
}

void setup_unload(struct setup *setup)
{
	key_close(setup->issuing_key);
	arena_close(setup->arena);
	conf_close(setup->conf);
	*setup = (struct setup){ 0 };
}

/* ---- who, where ---- */

static bool setup_find_identity(
        const struct conf *conf, const char *user, unsigned line, struct identity *ret_identity)
{
	const char *group = conf->group[0] != '\0' ? conf->group : NULL;
	if (privileges_find(user, group, ret_identity) == ERR_OK)
		return true;
	fprintf(stderr, "coregated: %s:%u: there is no user \"%s\" or no group \"%s\"\n",
	        conf->file, line, user, conf->group);
	return false;
}

bool setup_find_identities(const struct conf *conf, struct identities *ret_identities)
{
	struct identities identities = { 0 };
	if (privileges_is_root() && conf->user[0] != '\0') {
		const char *responder =
		        conf->responder_user[0] != '\0' ? conf->responder_user : conf->user;
		identities.drop = true;
		if (!setup_find_identity(conf, conf->user, conf->user_line, &identities.keeper) ||
		        !setup_find_identity(
		                conf, responder, conf->responder_user_line, &identities.responder))
			return false;
	}
	*ret_identities = identities;
	return true;
}

static bool setup_make_folder(const char *path, const struct identities *identities, mode_t mode)
{
	struct stat status;
	bool is_new = stat(path, &status) != 0;
	if (file_make_dirs(path, mode) == ERR_OK &&
	        (!is_new || !identities->drop ||
	                chown(path, identities->keeper.uid, identities->keeper.gid) == 0))
		return true;
	fprintf(stderr, "coregated: cannot make the folder %s: %s\n", path, strerror(errno));
	return false;
}

bool setup_make_folders(const struct conf *conf, const struct identities *identities)
{
	char store_path[4096];
	if (snprintf(store_path, sizeof(store_path), "%s", conf->store) >=
	        (int)sizeof(store_path)) {
		fprintf(stderr, "coregated: the path of the store is too long\n");
		return false;
	}
	/* CoreDNS runs as somebody else and must get at the zone files; first, so that what is
	 * made above them is open too. */
	return setup_make_folder(conf->run_dir, identities, 0755) &&
	       setup_make_folder(conf->zone_dir, identities, 0755) &&
	       setup_make_folder(dirname(store_path), identities, FOLDER_MODE) &&
	       setup_make_folder(conf->publish_temp_dir, identities, FOLDER_MODE);
}

/* ---- sockets ---- */

static bool setup_check_socket(enum err err, const char *path)
{
	if (err == ERR_EXISTS)
		fprintf(stderr, "coregated: another coregated is running: it answers on %s\n",
		        path);
	else if (err == ERR_TOO_LARGE)
		fprintf(stderr, "coregated: the path of a socket has at most 107 bytes: %s\n",
		        path);
	else if (err != ERR_OK)
		fprintf(stderr, "coregated: cannot listen on %s: %s\n", path, strerror(errno));
	return err == ERR_OK;
}

static bool setup_open_stream(
        const struct conf *conf, const struct identities *identities, const char *path, int *ret_fd)
{
	struct socket_settings settings = {
		.path = path,
		.mode = conf->fastcgi_socket_mode,
		.owner = identities->drop ? identities->keeper.uid : SOCKET_KEEP_ID,
		.group = identities->drop ? identities->keeper.gid : SOCKET_KEEP_ID,
		.backlog = FASTCGI_BACKLOG,
	};
	if (conf->fastcgi_socket_group[0] != '\0' &&
	        privileges_find_group(conf->fastcgi_socket_group, &settings.group) != ERR_OK) {
		fprintf(stderr, "coregated: %s:%u: there is no group \"%s\"\n", conf->file,
		        conf->fastcgi_socket_group_line, conf->fastcgi_socket_group);
		return false;
	}
	return setup_check_socket(socket_listen_stream(&settings, ret_fd), settings.path);
}

/* systemd may pass both, or, with a unit of before there were two, the first. */
static bool setup_open_fastcgi(
        const struct conf *conf, const struct identities *identities, struct sockets *sockets)
{
	enum err err = socket_take_activated(&sockets->fastcgi_fd, &sockets->bulk_fd);
	if (err == ERR_CONFLICT) {
		fprintf(stderr,
		        "coregated: systemd passed something else than one or two unix sockets\n");
		return false;
	}
	sockets->is_activated = err == ERR_OK;
	sockets->is_bulk_activated = err == ERR_OK && sockets->bulk_fd >= 0;
	return (sockets->is_activated || setup_open_stream(conf, identities, conf->fastcgi_socket,
	                                         &sockets->fastcgi_fd)) &&
	       (sockets->is_bulk_activated ||
	               setup_open_stream(conf, identities, conf->bulk_socket, &sockets->bulk_fd));
}

static bool setup_open_channel(const struct identities *identities, const char *path, int *ret_fd)
{
	const struct socket_settings settings = {
		.path = path,
		.mode = CHANNEL_MODE,
		.owner = identities->drop ? identities->keeper.uid : SOCKET_KEEP_ID,
		.group = identities->drop ? identities->keeper.gid : SOCKET_KEEP_ID,
		.backlog = CHANNEL_BACKLOG,
	};
	return setup_check_socket(socket_listen_seqpacket(&settings, ret_fd), path);
}

bool setup_open_sockets(const struct conf *conf, const struct identities *identities,
        struct arena *arena, struct sockets *ret_sockets)
{
	struct sockets sockets = {
		.writer_path = arena_printf(arena, "%s/writer.sock", conf->run_dir),
		.publisher_path = arena_printf(arena, "%s/publisher.sock", conf->run_dir),
	};
	if (sockets.writer_path == NULL || sockets.publisher_path == NULL) {
		fprintf(stderr, "coregated: no memory\n");
		return false;
	}
	/* The writer's socket first: it tells whether another coregated runs here. */
	if (!setup_open_channel(identities, sockets.writer_path, &sockets.writer_fd) ||
	        !setup_open_channel(identities, sockets.publisher_path, &sockets.publisher_fd) ||
	        !setup_open_fastcgi(conf, identities, &sockets))
		return false;
	*ret_sockets = sockets;
	return true;
}
