/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/err.h"

#include <assert.h>

static const struct {
	int status;
	const char *slug;
	const char *sentence;
} err_table[] = {
#define ERR(name, status, slug, sentence) [ERR_##name] = { status, slug, sentence },
#include "core/err.def"
#undef ERR
};

int err_status(enum err err)
{
	assert(err < ERR__MAX);
	return err_table[err].status;
}

const char *err_slug(enum err err)
{
	assert(err < ERR__MAX);
	return err_table[err].slug;
}

const char *err_sentence(enum err err)
{
	assert(err < ERR__MAX);
	return err_table[err].sentence;
}
