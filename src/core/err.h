/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a function that can fail returns. Folders return errors, the pipeline logs them once.
 */
#ifndef COREGATE_CORE_ERR_H
#define COREGATE_CORE_ERR_H

enum err {
#define ERR(name, status, slug, sentence) ERR_##name,
#include "core/err.def"
#undef ERR
	ERR__MAX
};

/* A result that must not be ignored. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* printf-like argument checking for functions that format. */
#define PRINTF_LIKE(format_index, first_index)                                                     \
	__attribute__((format(printf, format_index, first_index)))

/* HTTP status of an error (RFC 9110); 200 for ERR_OK. */
int err_status(enum err err);

/* The slug that clients see as `code`, for example "not-found". Static storage. */
const char *err_slug(enum err err);

/* One sentence for people, without a final stop. Static storage. */
const char *err_sentence(enum err err);

#endif
