/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of options: from text to the member of a struct, by kind.
 */
#ifndef COREGATE_CONF_VALUE_H
#define COREGATE_CONF_VALUE_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"
#include "core/buf.h"

/* True for TEXTS and URLS. */
bool conf_kind_is_list(enum conf_kind kind);

/* Sets a member from the texts that the file gives: exactly one unless the kind is a list. Strings
 * are copied into arena. False with a sentence in problem, the member is untouched then. */
MUST_CHECK bool conf_value_set(struct arena *arena, const struct conf_option *option,
        const struct conf_texts *texts, void *member, struct buf *problem);

/* Sets a member to the default of its option. False when the arena is full. */
MUST_CHECK bool conf_value_set_standard(
        struct arena *arena, const struct conf_option *option, void *member);

/* Writes a member as it would stand in a file. */
void conf_value_render(const struct conf_option *option, const void *member, FILE *file);

#endif
