# SPDX-License-Identifier: GPL-3.0-or-later

# CG_TRY_FLAGS(variable, flags...): appends each flag that the compiler takes.
AC_DEFUN([CG_TRY_FLAGS], [
	for cg_flag in $2; do
		AC_MSG_CHECKING([whether $CC takes $cg_flag])
		cg_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $cg_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes]); $1="$$1 $cg_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$cg_saved_CFLAGS
	done
])

AC_DEFUN([CG_C17], [
	CG_CFLAGS="-std=gnu17"
	AC_SUBST([CG_CFLAGS])
])

AC_DEFUN([CG_WARNINGS], [
	CG_TRY_FLAGS([CG_CFLAGS], [-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
		-Wmissing-prototypes -Wpointer-arith -Wformat=2 -Wwrite-strings -Wundef -Wvla])
	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [warnings are errors])],
		[AS_IF([test "$enableval" != no], [CG_CFLAGS="$CG_CFLAGS -Werror"])])
])

AC_DEFUN([CG_HARDENING], [
	AC_ARG_ENABLE([hardening],
		[AS_HELP_STRING([--disable-hardening], [no stack protector, FORTIFY, PIE, RELRO])],
		[], [enable_hardening=yes])
	CG_HARDENING_CFLAGS=
	CG_HARDENING_LDFLAGS=
	AS_IF([test "$enable_hardening" != no], [
		CG_TRY_FLAGS([CG_HARDENING_CFLAGS], [-fstack-protector-strong \
			-fstack-clash-protection -fcf-protection -fPIE -fno-strict-overflow \
			-fno-delete-null-pointer-checks])
		AS_IF([test -z "$with_sanitizer" || test "$with_sanitizer" = no],
			[CG_HARDENING_CFLAGS="$CG_HARDENING_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
		CG_TRY_FLAGS([CG_HARDENING_LDFLAGS], [-pie -Wl,-z,relro -Wl,-z,now \
			-Wl,-z,noexecstack -Wl,--as-needed])
	])
	AC_SUBST([CG_HARDENING_CFLAGS])
	AC_SUBST([CG_HARDENING_LDFLAGS])
])
