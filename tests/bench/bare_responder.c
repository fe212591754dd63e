/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fair limit for benchmarks: coregate's own responder loop around an answer that costs nothing.
 * Whatever coregate needs beyond this is what its work costs.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "server/fcgi.h"
#include "server/responder.h"
#include "server/socket.h"

#define PROCESSES_MAX 256

static const char ANSWER[] = "Status: 200\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 47\r\n"
                             "\r\n"
                             "{\"name\":\"www.example.com\",\"type\":\"A\",\"ttl\":300}";

static bool serve(void *context, struct task *task, enum task_event event)
{
	(void)context;
	(void)event;
	fcgi_write(task->exchange, ANSWER, sizeof(ANSWER) - 1);
	return true;
}

static int usage(void)
{
	fputs("usage: bare_responder --socket PATH [--processes N]\n", stderr);
	return 2;
}

static bool start(const struct responder_settings *settings)
{
	const struct responder_service service = { .serve = serve };
	pid_t pid = fork();
	if (pid != 0)
		return pid > 0;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	_exit(responder_run(settings, &service));
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "socket", required_argument, NULL, 's' },
		{ "processes", required_argument, NULL, 'p' }, { 0 } };
	const char *path = NULL;
	unsigned long processes = 8;
	for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (letter == 's')
			path = optarg;
		else if (letter == 'p')
			processes = strtoul(optarg, NULL, 10);
		else
			return usage();
	}
	if (!path || optind != argc || processes == 0 || processes > PROCESSES_MAX)
		return usage();

	log_init(STDERR_FILENO, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO, "bare");
	signal(SIGPIPE, SIG_IGN);
	struct socket_settings settings = { .path = path,
		.mode = 0666,
		.owner = SOCKET_KEEP_ID,
		.group = SOCKET_KEEP_ID,
		.backlog = 4096 };
	int listen_fd;
	if (socket_listen_stream(&settings, &listen_fd) != ERR_OK) {
		perror(path);
		return 1;
	}
	struct responder_pool *pool = responder_pool_open(listen_fd);
	for (unsigned i = 0; pool && i < processes; i++) {
		if (!start(&(struct responder_settings){
		            .pool = pool, .index = i, .count = (unsigned)processes }))
			return 1;
	}
	int status = 0;
	while (wait(&status) > 0)
		;
	return 1;
}
