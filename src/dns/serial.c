/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/serial.h"

uint32_t serial_next(uint32_t serial)
{
	return serial == UINT32_MAX ? 1 : serial + 1;
}

bool serial_is_after(uint32_t a, uint32_t b)
{
	return a != b && (uint32_t)(a - b) < UINT32_C(0x80000000);
}
