/* load PORT CONNECTIONS SECONDS SCRIPT: so many clients at a time, each running
 * the script's conversation on a new connection again and again, for so long.
 * Prints "conversations seconds octets-received failures".
 *
 * A line of the script is sent ("> text", CRLF added; %u is a number from 1 to
 * USERS; "= file" sends a file as it is) or waited for ("< prefix": reads lines
 * until one begins so). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/num.h"

#define USERS 20
#define BUFFER 65536
#define CLIENTS_MAX 1000
#define SCRIPT_MAX (64 << 20)
#define READ_SECONDS 60 /* no answer for so long is a failure */

struct step {
	char kind; /* '>' or '<' */
	struct str text;
	struct step *next;
};

struct client {
	pthread_t thread;
	uint16_t port;
	const struct step *script;
	int64_t ends;
	unsigned number;
	uint64_t done, failed, octets;
};

/* A connection's unread octets. */
struct input {
	int fd;
	size_t at, end;
	char octets[BUFFER];
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
dial(uint16_t port)
{
	struct timeval patience = { READ_SECONDS, 0 };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	/* without Nagle, as clients are: a message and its dot are two sends */
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			    sizeof patience) < 0 ||
			   setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes,
			       sizeof yes) < 0 ||
			   connect(fd, (struct sockaddr *)&to, sizeof to) < 0))
		fileio_close(&fd);
	return fd;
}

/* Sends the step's text with the client's number for %u. */
static bool
say(int fd, const struct str *text, unsigned user)
{
	struct slice rest = str_slice(text);
	STR_AUTO line = STR_INIT;
	size_t at;

	while ((at = slice_find(rest, '%')) < rest.len) {
		str_append(&line, slice_head(rest, at));
		rest = slice_skip(rest, at);
		if (slice_starts(rest, "%u")) {
			str_appendf(&line, "%u", user);
			rest = slice_skip(rest, 2);
		} else {
			str_append_char(&line, '%');
			rest = slice_skip(rest, 1);
		}
	}
	str_append(&line, rest);
	return fileio_write(fd, str_slice(&line)) == 0;
}

/* More octets behind those that are there; false at the end. */
static bool
fill(struct input *in, uint64_t *octets)
{
	ssize_t n;

	memmove(in->octets, in->octets + in->at, in->end - in->at);
	in->end -= in->at;
	in->at = 0;
	if (in->end == sizeof in->octets)
		in->end = 0; /* part of a long line, not the one we want */
	n = recv(in->fd, in->octets + in->end, sizeof in->octets - in->end, 0);
	if (n <= 0)
		return false;
	in->end += (size_t)n;
	*octets += (uint64_t)n;
	return true;
}

/* Reads lines until one begins with prefix. */
static bool
hear(struct input *in, const char *prefix, uint64_t *octets)
{
	for (;;) {
		struct slice have =
		    slice_of(in->octets + in->at, in->end - in->at);
		size_t at = slice_find(have, '\n');

		if (at == have.len) {
			if (!fill(in, octets))
				return false;
			continue;
		}
		in->at += at + 1;
		if (slice_starts(have, prefix))
			return true;
	}
}

static bool
converse(struct client *c, struct input *in)
{
	const struct step *step;
	bool good = true;

	in->at = in->end = 0;
	in->fd = dial(c->port);
	if (in->fd < 0)
		return false;
	for (step = c->script; step && good; step = step->next)
		good = step->kind == '<'
			   ? hear(in, str_cstr(&step->text), &c->octets)
			   : say(in->fd, &step->text, c->number % USERS + 1);
	fileio_close(&in->fd);
	return good;
}

static void *
run(void *arg)
{
	struct client *c = arg;
	struct input *in = calloc(1, sizeof *in);

	if (in == NULL)
		die("memory");
	while (clock_ms() < c->ends)
		if (converse(c, in))
			c->done++;
		else
			c->failed++;
	free(in);
	return NULL;
}

static struct step *
parse_line(struct slice line)
{
	struct step *step = calloc(1, sizeof *step);
	struct err err;

	if (step == NULL || line.len < 2)
		die("script");
	step->kind = line.ptr[0];
	str_append(&step->text, slice_skip(line, 2));
	if (step->kind == '>')
		str_append_cstr(&step->text, "\r\n");
	if (step->kind == '=') {
		STR_AUTO name = STR_INIT;

		str_append(&name, str_slice(&step->text));
		str_clear(&step->text);
		if (fileio_read(AT_FDCWD, str_cstr(&name), SCRIPT_MAX,
			&step->text, &err) < 0)
			die(err.text);
	}
	return step;
}

static struct step *
parse(const char *path)
{
	STR_AUTO text = STR_INIT;
	struct step *first = NULL, **end = &first;
	struct slice rest, line;
	struct err err;

	if (fileio_read(AT_FDCWD, path, SCRIPT_MAX, &text, &err) < 0)
		die(err.text);
	rest = str_slice(&text);
	while (slice_next(&rest, '\n', &line)) {
		if (line.len == 0)
			continue;
		*end = parse_line(line);
		end = &(*end)->next;
	}
	return first;
}

int
main(int argc, char **argv)
{
	static struct client clients[CLIENTS_MAX];
	uint64_t number[3], done = 0, failed = 0, octets = 0;
	int64_t began, i;
	struct step *script;

	if (argc != 5)
		return 2;
	for (i = 0; i < 3; i++)
		if (!num_parse(slice_from(argv[i + 1]),
			i == 0 ? UINT16_MAX : CLIENTS_MAX, &number[i]))
			return 2;
	script = parse(argv[4]);
	began = clock_ms();
	for (i = 0; i < (int64_t)number[1]; i++) {
		clients[i] = (struct client){ .port = (uint16_t)number[0],
			.script = script,
			.ends = began + (int64_t)number[2] * 1000,
			.number = (unsigned)i };
		if (pthread_create(
			&clients[i].thread, NULL, run, &clients[i]) != 0)
			die("thread");
	}
	for (i = 0; i < (int64_t)number[1]; i++) {
		(void)pthread_join(clients[i].thread, NULL); /* it ends */
		done += clients[i].done;
		failed += clients[i].failed;
		octets += clients[i].octets;
	}
	printf("%llu %.3f %llu %llu\n", (unsigned long long)done,
	    (double)(clock_ms() - began) / 1000, (unsigned long long)octets,
	    (unsigned long long)failed);
	return 0;
}
