/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * docs/openapi.json, as the build has put it into the program.
 */
#ifndef COREGATE_API_OPENAPI_H
#define COREGATE_API_OPENAPI_H

#include <stddef.h>

extern const unsigned char openapi_json[];
extern const size_t openapi_json_bytes;

#endif
