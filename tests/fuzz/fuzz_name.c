/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as a name: as text, as wire form, as sort key, as contact. What is accepted leads back
 * to itself in every spelling.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "dns/name.h"
#include "dns/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct name *name, const char *text)
{
	struct name again;
	const char *detail;
	assert(name_parse(text, strlen(text), &again, &detail) == ERR_OK);
	assert(name_is_equal(name, &again));
}

static void check_name(const struct name *name)
{
	char text[NAME_TEXT_BYTES];
	uint8_t key[NAME_KEY_BYTES];
	struct name again;
	check_text(name, name_render(name, text));
	check_text(name, name_render_absolute(name, text));
	assert(name_parse_wire(name->wire, name->length, &again));
	size_t length = name_render_key(name, key);
	assert(name_parse_key(key, length, &again));
	assert(name_is_equal(name, &again));
	if (name_render_file(name, text))
		assert(strchr(text, '/') == NULL && text[0] != '.');
	for (again = *name; name_parent(&again, &again);)
		assert(name_is_under(name, &again));
	assert(again.length == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct name name;
	const char *detail;
	if (name_parse((const char *)data, size, &name, &detail) == ERR_OK)
		check_name(&name);
	if (name_parse_wire(data, size, &name))
		check_name(&name);
	if (name_parse_key(data, size, &name))
		check_name(&name);
	if (soa_parse_contact((const char *)data, size, &name, &detail) == ERR_OK)
		check_name(&name);
	return 0;
}
