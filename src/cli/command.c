/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>

static PRINTF_LIKE(1, 0) void print_message(const char *format, va_list arguments)
{
	fputs("coregate: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

int command_fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	print_message(format, arguments);
	va_end(arguments);
	return COMMAND_FAILED;
}

int command_misused(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	print_message(format, arguments);
	va_end(arguments);
	fputs("coregate: --help after the command shows its options\n", stderr);
	return COMMAND_USAGE;
}

int command_finish(FILE *file)
{
	if (fflush(file) != 0 || ferror(file))
		return command_fail("the output cannot be written");
	return COMMAND_OK;
}

int command_help(const char *help)
{
	fputs(help, stdout);
	return command_finish(stdout);
}
