/* A milter that says anything, to a client that has said everything: each octet
 * that it sends at once, and its hanging up.  First octet: which commands it is
 * told. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/ipc.h"
#include "common/proto/milter.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TIME_MS 1000
#define SEND_MAX 60000 /* what a pair holds without a reader */

/* All answers are here before the questions. */
int
milter_quiet(const struct milter *m, struct err *err)
{
	(void)m;
	(void)err;
	return 0;
}

/* Every slice lies in the packet, and has no NUL but in a body. */
static int
see_edit(void *ctx, const struct milter_edit *edit, struct err *err)
{
	size_t *seen = ctx;
	size_t i;

	for (i = 0; i < edit->name.len; i++)
		if (edit->name.ptr[i] == '\0')
			abort();
	for (i = 0; i < edit->text.len; i++)
		if (edit->text.ptr[i] == '\0' && edit->kind != MILTER_EDIT_BODY)
			abort();
	return ++*seen > 100 ? err_set(err, EMSGSIZE, "too many") : 0;
}

static void
check_said(const struct milter_said *said)
{
	if (said->kind == MILTER_REPLIES &&
	    (said->code < 400 || said->code > 559 || said->text.len < 3 ||
		said->text.len > MILTER_REPLY_MAX))
		abort();
	if (said->kind >= MILTER_EDITS)
		abort();
}

/* The commands of a conversation, and what belongs to them. */
static const enum milter_command commands[] = { MILTER_CONNECT, MILTER_HELO,
	MILTER_MAIL, MILTER_RCPT, MILTER_DATA, MILTER_HEADER, MILTER_EOH,
	MILTER_BODY };

static int
converse(struct milter *m, unsigned mode, struct err *err)
{
	struct milter_said said;
	size_t i, seen = 0;
	int rc = milter_negotiate(m, err);

	for (i = 0; rc == 0 && i < sizeof commands / sizeof commands[0]; i++) {
		if (!(mode & 1U << i))
			continue;
		milter_define(m, commands[i], slice_of("i\0x", 4));
		rc = milter_say(m, commands[i], slice_from("x"), &said, err);
		if (rc == 0)
			check_said(&said);
	}
	if (rc == 0)
		rc = milter_end(m, see_edit, &seen, &said, err);
	if (rc == 0)
		check_said(&said);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct milter m;
	struct err err = { 0, "" };
	int ends[2];

	if (size < 1 || size > SEND_MAX || ipc_stream_pair(ends) < 0)
		return 0;
	if (send(ends[1], data + 1, size - 1, MSG_NOSIGNAL) !=
	    (ssize_t)size - 1)
		abort();
	(void)shutdown(ends[1], SHUT_WR); /* it hangs up */
	milter_init(&m, ends[0], -1, TIME_MS, TIME_MS);
	if ((converse(&m, data[0], &err) < 0) != (err.text[0] != '\0'))
		abort();
	milter_tell(&m, MILTER_QUIT);
	milter_release(&m);
	(void)close(ends[0]); /* all was said */
	(void)close(ends[1]);
	return 0;
}
