/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute_export.h"

#include <stdlib.h>

#include "auth/policy.h"
#include "core/log.h"
#include "http/conditional.h"
#include "publish/zone_file.h"

enum err execute_export(struct exchange *x)
{
	const struct name *name = &x->plan.name;
	if (!policy_may_transfer(x->token, ADM_ZONE_EXPORT, name, GRANT_READ))
		return ERR_NOT_PERMITTED;
	enum err err = reader_find_zone_exact(x->pipeline->reader, name, &x->zone.zone);
	if (err == ERR_OK && !precondition_is_met(&x->precondition, x->zone.zone.revision))
		err = ERR_PRECONDITION_FAILED;
	return err;
}

static bool put_text(void *fcgi, const char *bytes, size_t length)
{
	return fcgi_write(fcgi, bytes, length);
}

struct writing {
	struct zone_file file;
	enum err err;
};

static bool put_rrset(void *context, const struct stored_rrset *stored)
{
	struct writing *writing = context;
	writing->err = zone_file_put(&writing->file, &stored->rrset);
	return writing->err == ERR_OK;
}

/* ERR_UNAVAILABLE also when the client went away. */
static enum err write_zone(struct exchange *x, char *memory)
{
	const struct zone_file_sink sink = { .put = put_text, .context = x->fcgi };
	struct writing writing = { 0 };
	zone_file_init(&writing.file, memory, sink);
	writing.file.is_portable = true;
	enum err err =
	        reader_each_rrset_of_zone(x->pipeline->reader, &x->zone.zone, put_rrset, &writing);
	if (err == ERR_OK)
		err = writing.err;
	return err == ERR_OK ? zone_file_finish(&writing.file) : err;
}

void execute_export_stream(struct exchange *x)
{
	char *memory = malloc(ZONE_FILE_MEMORY_BYTES);
	enum err err = memory == NULL ? ERR_UNAVAILABLE : write_zone(x, memory);
	free(memory);
	if (err == ERR_OK)
		return;
	log_warning("the export of request %s is broken off: %s", x->request.request_id,
	        err_sentence(err));
	fcgi_break_off(x->fcgi);
}
