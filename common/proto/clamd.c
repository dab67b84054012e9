#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/enc.h"
#include "common/proto/clamd.h"
#include "common/proto/exchange.h"

/* The z says that NUL ends commands and answers. */
#define COMMAND "zINSTREAM"
#define LENGTH 4      /* octets of a chunk's, in front of it */
#define SHOWN_MAX 100 /* octets of an odd answer in an error */

/* A message on its way in chunks while the answer comes. */
struct scan {
	const struct clamd_job *job;
	bool begun, ended; /* the command, the last chunk was handed out */
	uint64_t read;     /* octets of the message */
	bool complete;     /* the answer is */
	size_t len;        /* octets of the answer */
	char answer[CLAMD_ANSWER_MAX];
	char buffer[LENGTH + EXCHANGE_CHUNK];
};

static bool
cut_end(struct slice *text, const char *end)
{
	size_t n = strlen(end);

	if (text->len < n || memcmp(text->ptr + text->len - n, end, n) != 0)
		return false;
	text->len -= n;
	return true;
}

/* The name behind "stream: ", fit for a log and a reply. */
static void
take_signature(struct slice text, struct clamd_verdict *verdict)
{
	size_t at = slice_find(text, ':'), i, n = 0;

	if (at < text.len)
		text = slice_skip(text, at + 1);
	text = slice_trim(text);
	for (i = 0; i < text.len && n < CLAMD_SIGNATURE_MAX; i++) {
		char c = text.ptr[i];

		verdict->signature[n++] = c > ' ' && c <= '~' ? c : '?';
	}
	verdict->signature[n] = '\0';
}

int
clamd_parse(
    struct slice answer, struct clamd_verdict *ret_verdict, struct err *err)
{
	struct clamd_verdict verdict = { CLAMD_CLEAN, "" };
	struct slice rest = answer;
	STR_AUTO shown = STR_INIT;

	if (cut_end(&rest, " FOUND"))
		take_signature(rest, &verdict);
	if (verdict.signature[0]) {
		verdict.result = CLAMD_INFECTED;
	} else if (slice_starts(answer, "INSTREAM size limit exceeded")) {
		verdict.result = CLAMD_TOO_BIG;
	} else if (!slice_is(answer, "stream: OK")) {
		enc_printable(slice_head(answer, SHOWN_MAX), &shown);
		return err_set(
		    err, EPROTO, "clamd answers: %s", str_cstr(&shown));
	}
	*ret_verdict = verdict;
	return 0;
}

static void
put_length(char *out, uint32_t n)
{
	out[0] = (char)(n >> 24);
	out[1] = (char)(n >> 16);
	out[2] = (char)(n >> 8);
	out[3] = (char)n;
}

/* The command, then chunks of the file, then the empty one that ends them. */
static int
next_octets(void *ctx, struct slice *ret_octets, struct err *err)
{
	struct scan *scan = ctx;
	uint64_t left = scan->job->size - scan->read;
	ssize_t n;

	if (!scan->begun) {
		scan->begun = true;
		*ret_octets = slice_of(COMMAND, sizeof COMMAND);
		return 0;
	}
	if (scan->ended)
		return 0;
	n = pread(scan->job->message, scan->buffer + LENGTH,
	    left < EXCHANGE_CHUNK ? (size_t)left : EXCHANGE_CHUNK,
	    (off_t)scan->read);
	if (n < 0)
		return err_sys(err, errno, "cannot read the message");
	if (n == 0 && left)
		return err_set(err, EIO, "the message is shorter than it was");
	scan->ended = n == 0;
	scan->read += (uint64_t)n;
	put_length(scan->buffer, (uint32_t)n);
	*ret_octets = slice_of(scan->buffer, LENGTH + (size_t)n);
	return 0;
}

static int
take_answer(void *ctx, struct slice octets, struct err *err)
{
	struct scan *scan = ctx;
	size_t n = slice_find(octets, '\0');

	if (n > sizeof scan->answer - scan->len)
		return err_set(err, EPROTO, "clamd says too much");
	memcpy(scan->answer + scan->len, octets.ptr, n);
	scan->len += n;
	scan->complete = n < octets.len;
	return 0;
}

static int
end_answer(void *ctx, struct err *err)
{
	struct scan *scan = ctx;

	if (scan->complete)
		return 0;
	return err_set(err, EPROTO, "clamd closed without an answer");
}

static bool
is_answered(void *ctx)
{
	return ((const struct scan *)ctx)->complete;
}

static const struct exchange_ops scan_ops = {
	.next = next_octets,
	.take = take_answer,
	.end = end_answer,
	.done = is_answered,
};

int
clamd_ask(int socket, const struct clamd_job *job,
    struct clamd_verdict *ret_verdict, struct err *err)
{
	struct scan scan = { .job = job };
	struct exchange x = {
		.ops = &scan_ops,
		.ctx = &scan,
		.who = "clamd",
		.out = socket,
		.in = socket,
		.guard = job->guard,
		.deadline = job->deadline,
	};
	struct clamd_verdict verdict = { CLAMD_CLEAN, "" };
	int rc = exchange_run(&x, err);

	if (rc == 0)
		rc =
		    clamd_parse(slice_of(scan.answer, scan.len), &verdict, err);
	if (rc < 0)
		return rc;
	if (verdict.result == CLAMD_CLEAN &&
	    (!scan.ended || x.ready.len || x.refused))
		return err_set(
		    err, EPROTO, "clamd answered before it had the message");
	*ret_verdict = verdict;
	return 0;
}
