/* TELL: what a message is, for spamd to learn from. */
#include <errno.h>
#include <sysexits.h>

#include "common/base/enc.h"
#include "common/base/num.h"
#include "common/proto/spamd_own.h"

#define LINES_MAX 32 /* of an answer */
#define SHOWN_MAX 100

static const char *const lessons[] = {
	[SPAM_LESSON_SPAM] = "Message-class: spam\r\nSet: local\r\n",
	[SPAM_LESSON_HAM] = "Message-class: ham\r\nSet: local\r\n",
};

struct telling {
	struct spamd_request request; /* first: what is sent */
	struct str line;              /* begun, its end not yet seen */
	size_t lines;
	bool learned, done;
};

static int
bad_line(int code, const char *what, struct slice line, struct err *err)
{
	STR_AUTO shown = STR_INIT;

	enc_printable(slice_head(line, SHOWN_MAX), &shown);
	return err_set(err, code, "%s: %s", what, str_cstr(&shown));
}

/* "SPAMD/1.1 0 EX_OK" */
static int
take_status(struct slice line, struct err *err)
{
	struct slice rest = slice_skip(line, slice_find(line, ' '));
	uint64_t code;

	if (!slice_starts(line, "SPAMD/") || rest.len == 0)
		return bad_line(EPROTO, "this is not spamd", line, err);
	rest = slice_skip(rest, 1);
	if (!num_eat(&rest, 99, &code))
		return bad_line(EPROTO, "this is not spamd", line, err);
	switch (code) {
	case EX_OK:
		return 0;
	case EX_UNAVAILABLE:
		return bad_line(EPERM,
		    "spamd does not learn (it needs --allow-tell)", line, err);
	case EX_TEMPFAIL:
		return bad_line(EAGAIN, "spamd cannot now", line, err);
	default:
		return bad_line(EPROTO, "spamd refuses", line, err);
	}
}

/* A line without its end. */
static int
take_line(struct telling *t, struct slice line, struct err *err)
{
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (t->lines++ == 0)
		return take_status(line, err);
	if (t->lines > LINES_MAX)
		return err_set(err, EPROTO, "spamd sends too many lines");
	if (line.len == 0)
		t->done = true;
	else if (slice_is_nocase(slice_head(line, 7), "DidSet:"))
		t->learned = true;
	return 0;
}

static int
take(void *ctx, struct slice octets, struct err *err)
{
	struct telling *t = ctx;
	int rc = 0;

	while (rc == 0 && octets.len && !t->done) {
		size_t n = slice_find(octets, '\n');

		if (t->line.len + n > SPAMD_LINE_MAX)
			return err_set(
			    err, EPROTO, "spamd sends a line too long");
		str_append(&t->line, slice_head(octets, n));
		if (n == octets.len)
			return 0;
		octets = slice_skip(octets, n + 1);
		rc = take_line(t, str_slice(&t->line), err);
		str_clear(&t->line);
	}
	return rc;
}

static int
end(void *ctx, struct err *err)
{
	struct telling *t = ctx;

	if (!t->done)
		return err_set(err, EPROTO, "spamd closed without an answer");
	return 0;
}

static bool
is_done(void *ctx)
{
	const struct telling *t = ctx;

	return t->done;
}

static const struct exchange_ops telling_ops = {
	.next = spamd_next_octets,
	.take = take,
	.end = end,
	.done = is_done,
};

int
spamd_tell(int socket, const struct spam_job *job, enum spam_lesson lesson,
    bool *ret_learned, struct err *err)
{
	struct telling t = { .request = { .job = job } };
	struct exchange x = {
		.ops = &telling_ops,
		.ctx = &t,
		.out = socket,
		.in = socket,
	};
	STR_AUTO head = STR_INIT;
	int rc = spamd_put_verb("TELL", job->user, &head, err);

	if (rc < 0)
		return rc;
	str_append_cstr(&head, lessons[lesson]);
	spamd_put_length(job, &head);
	t.request.head = str_slice(&head);
	rc = spamd_run(&t.request, &x, err);
	str_release(&t.line);
	if (rc == 0)
		*ret_learned = t.learned;
	return rc;
}
