/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a JSON number is worth, decided on its text.
 */
#ifndef COREGATE_CORE_JSON_NUMBER_H
#define COREGATE_CORE_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a text of the grammar's form is an integer within ±2^53, which binary64 holds exactly;
 * 1.00000000000000001 would only look like one. */
bool json_number_is_exact(const char *text, size_t length);

#endif
