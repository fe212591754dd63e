/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SOA serials in serial number arithmetic (RFC 1982, SERIAL_BITS = 32).
 */
#ifndef COREGATE_DNS_SERIAL_H
#define COREGATE_DNS_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* The next serial: one more, never 0 (CoreDNS takes a first serial of 0 for "no change"). */
uint32_t serial_next(uint32_t serial);

/* True when a comes after b. */
bool serial_is_after(uint32_t a, uint32_t b);

#endif
