# SPDX-License-Identifier: GPL-3.0-or-later
# Unit tests mirror src/: tests/unit/<folder>/test_<file>.c, one program each.

UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(top_srcdir)/tests/unit

# ---- core

# ---- dns

# ---- conf

# ---- http

# ---- auth

# ---- limit

# ---- store

# ---- publish

# ---- audit

# ---- server

# ---- api

# ---- fuzz
