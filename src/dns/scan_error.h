/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What libzscanner says of text, as sentences of ours. Internal to dns/.
 */
#ifndef COREGATE_DNS_SCAN_ERROR_H
#define COREGATE_DNS_SCAN_ERROR_H

/* Static storage, never NULL. */
const char *scan_error_sentence(int code);

#endif
