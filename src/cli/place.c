/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/place.h"

#include "cli/command.h"
#include "conf/conf.h"

bool place_find(struct arena *arena, struct place *place)
{
	char message[CONF_MESSAGE_BYTES];
	struct conf *conf;
	if (place->store_path != NULL || place->socket_path != NULL)
		return true;
	const char *config_path =
	        place->config_path != NULL ? place->config_path : PLACE_STANDARD_CONFIG;
	if (!conf_load(config_path, &conf, message)) {
		command_fail("%s", message);
		return false;
	}
	place->store_path = arena_strdup(arena, conf->store);
	place->socket_path = arena_printf(arena, "%s/writer.sock", conf->run_dir);
	conf_close(conf);
	if (place->store_path != NULL && place->socket_path != NULL)
		return true;
	command_fail("memory cannot be had");
	return false;
}
