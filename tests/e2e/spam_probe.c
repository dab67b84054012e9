/* Asks a spam filter about a file, so that a test may play the filter:
 *   spam_probe PORT FILE USER MILLISECONDS         (spamd on loopback)
 *   spam_probe - FILE COMMAND MILLISECONDS         (a shell command's pipes)
 * Says "0 SCORE THRESHOLD" and the headers, or the negative errno and why. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/proto/spamd.h"

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

static int
ask_spamd(const char *port, const struct spam_job *job,
    struct spam_verdict *verdict, struct err *err)
{
	struct sockaddr_in to;
	int result, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&to, 0, sizeof to);
	to.sin_family = AF_INET;
	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die("connect");
	result = spamd_begin(fd, job->user, err);
	return result < 0 ? result : spamd_ask(fd, job, verdict, err);
}

static int
ask_command(const char *command, const struct spam_job *job,
    struct spam_verdict *verdict, struct err *err)
{
	int in[2], out[2], result;
	pid_t child;

	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		(void)signal(SIGPIPE, SIG_DFL); /* cannot fail */
		(void)dup2(in[0], 0);           /* the test sees a failure */
		(void)dup2(out[1], 1);          /* the same */
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);  /* the child's */
	(void)close(out[1]); /* the same */
	result = spam_pipe_ask(in[1], out[0], job, verdict, err);
	(void)kill(child, SIGKILL);    /* has ended, mostly */
	(void)waitpid(child, NULL, 0); /* its status says nothing */
	return result;
}

int
main(int argc, char **argv)
{
	struct spam_verdict verdict = SPAM_VERDICT_INIT;
	struct err err = { 0, "" };
	struct spam_job job = { .guard = -1 };
	struct stat st;
	int result;

	if (argc != 5)
		return 2;
	job.message = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (job.message < 0 || fstat(job.message, &st) < 0)
		die(argv[2]);
	job.size = (uint64_t)st.st_size;
	job.deadline = clock_deadline(strtol(argv[4], NULL, 10));
	job.user = argv[3];
	if (strcmp(argv[1], "-") == 0)
		result = ask_command(argv[3], &job, &verdict, &err);
	else
		result = ask_spamd(argv[1], &job, &verdict, &err);
	if (result < 0)
		printf("%d %s\n", result, err.text);
	else
		printf("0 %.3f %.3f\n%s", verdict.score, verdict.threshold,
		    str_cstr(&verdict.headers));
	spam_verdict_release(&verdict);
	return 0;
}
