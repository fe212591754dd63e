# SPDX-License-Identifier: GPL-3.0-or-later

# --with-sanitizer=address,undefined
AC_DEFUN([CG_SANITIZER], [
	AC_ARG_WITH([sanitizer],
		[AS_HELP_STRING([--with-sanitizer=LIST], [for example address,undefined])],
		[], [with_sanitizer=no])
	CG_SANITIZER_FLAGS=
	AS_CASE([$with_sanitizer],
		[no], [],
		[yes], [AC_MSG_ERROR([--with-sanitizer needs a list, for example address,undefined])],
		[CG_SANITIZER_FLAGS="-fsanitize=$with_sanitizer -fno-sanitize-recover=all -fno-omit-frame-pointer"])
	AC_SUBST([CG_SANITIZER_FLAGS])
])

# --with-fuzzer: tests/fuzz is built as libFuzzer targets (clang); without it, the same targets
# replay their corpora.
AC_DEFUN([CG_FUZZER], [
	AC_ARG_WITH([fuzzer],
		[AS_HELP_STRING([--with-fuzzer], [build libFuzzer targets (needs clang)])],
		[], [with_fuzzer=no])
	CG_FUZZER_CFLAGS=
	CG_FUZZER_LDFLAGS=
	AS_IF([test "$with_fuzzer" != no], [
		CG_FUZZER_CFLAGS="-fsanitize=fuzzer-no-link"
		CG_FUZZER_LDFLAGS="-fsanitize=fuzzer"
		cg_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS $CG_FUZZER_CFLAGS"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [],
			[AC_MSG_ERROR([$CC has no libFuzzer; use CC=clang])])
		CFLAGS=$cg_saved_CFLAGS
	])
	AC_SUBST([CG_FUZZER_CFLAGS])
	AC_SUBST([CG_FUZZER_LDFLAGS])
	AM_CONDITIONAL([WITH_FUZZER], [test "$with_fuzzer" != no])
])
