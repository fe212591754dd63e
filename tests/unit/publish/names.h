/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names for the tests of publish/.
 */
#ifndef COREGATE_TESTS_PUBLISH_NAMES_H
#define COREGATE_TESTS_PUBLISH_NAMES_H

#include <stdlib.h>
#include <string.h>

#include "dns/name.h"

static inline struct name name_of(const char *text)
{
	struct name name;
	const char *detail;
	if (name_parse(text, strlen(text), &name, &detail) != ERR_OK)
		abort();
	return name;
}

#endif
