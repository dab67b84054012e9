#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "cmd/smtpd/content/pipe_status.h"
#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/log.h"
#include "common/proto/exchange.h"

/* A line each, as far as it is text. */
static void
log_said(struct slice said, const char *name)
{
	struct slice line;
	unsigned lines = 0;

	while (lines < PIPE_SAID_LINES && slice_next(&said, '\n', &line)) {
		STR_AUTO shown = STR_INIT;

		if (slice_trim(line).len == 0)
			continue;
		enc_printable(slice_trim(line), &shown);
		log_warning("command %s says: %s", name, str_cstr(&shown));
		lines++;
	}
}

/* Reads on; false when it is over: with what, is in *ret_rc (0: its end). */
static bool
read_more(int fd, int guard, int64_t deadline, struct str *text, int *ret_rc)
{
	char octets[256];
	ssize_t n;

	*ret_rc = exchange_wait(fd, POLLIN, guard, deadline);
	if (*ret_rc < 0)
		return false;
	n = read(fd, octets, sizeof octets);
	if (n < 0)
		*ret_rc = -errno;
	if (n <= 0)
		return false;
	str_append(text, slice_of(octets, (size_t)n));
	return text->len <= PIPE_SAID_MAX + 2; /* none of ours says more */
}

int
pipe_status_read(
    int fd, int guard, int64_t deadline, const char *name, struct err *err)
{
	STR_AUTO text = STR_INIT;
	struct slice all;
	size_t end;
	int rc = 0;

	while (read_more(fd, guard, deadline, &text, &rc))
		;
	all = str_slice(&text);
	end = slice_find(all, '\0');
	log_said(slice_head(all, end), name);
	if (end + 2 == all.len)
		return (unsigned char)all.ptr[end + 1];
	if (rc == -ETIMEDOUT)
		return err_set(err, ETIMEDOUT, "it took too long");
	if (rc < 0)
		return err_sys(err, -rc, "it cannot be waited for");
	return err_set(err, EPIPE, "it was ended by a signal");
}

void
pipe_status_log(int fd, const char *name)
{
	int64_t deadline = clock_deadline(PIPE_END_MS);
	struct err err = { 0, "" };

	(void)pipe_status_read(fd, 0, deadline, name, &err); /* as it says */
}
