/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"

#define EXIT_USAGE 2

static const char help_text[] =
        "Usage: coregated [-c FILE] [-t [-v]]\n"
        "\n"
        "The write API for CoreDNS: answers FastCGI requests from nginx.\n"
        "Runs in the foreground and logs to standard error.\n"
        "\n"
        "  -c, --config FILE  configuration [" COREGATE_SYSCONFDIR "/coregate.conf]\n"
        "  -t, --test         check the configuration, say so and exit\n"
        "  -v, --verbose      with -t: show every option with its value\n"
        "  -h, --help         this text\n"
        "  -V, --version      the version\n"
        "\n"
        "SIGHUP reloads configuration and keys, SIGTERM finishes what was accepted and stops.\n"
        "See coregated(8) and coregate.conf(5).\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static _Noreturn void options_fail(const char *what)
{
	fprintf(stderr, "coregated: %s; see coregated --help\n", what);
	exit(EXIT_USAGE);
}

void options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options options = { .config_path = COREGATE_SYSCONFDIR "/coregate.conf" };
	int option;
	while ((option = getopt_long(argc, argv, "c:tvhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.config_path = optarg;
			break;
		case 't':
			options.check_only = true;
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			puts("coregated " PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		default:
			exit(EXIT_USAGE); /* getopt has said why */
		}
	}
	if (optind < argc)
		options_fail("there are no arguments but options");
	if (options.verbose && !options.check_only)
		options_fail("-v goes with -t");
	*ret_options = options;
}
