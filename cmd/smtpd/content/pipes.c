#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/smtpd/content/content.h"
#include "cmd/smtpd/content/pipe_answer.h"
#include "cmd/smtpd/content/pipe_status.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/proto/exchange.h"

#define HEAD_MAX (INTAKE_HEAD_MAX + PIPE_ANSWER_MAX) /* with its fields */

/* What the keeper's answer has of a command. */
enum { PIPE_TO, PIPE_FROM, PIPE_STATUS, PIPE_FDS };

/* A message on its way into a command while it writes. */
struct piping {
	int message;
	uint64_t size, read;
	struct str answer;
	char buffer[EXCHANGE_CHUNK];
};

static int
next_octets(void *ctx, struct slice *ret_octets, struct err *err)
{
	struct piping *p = ctx;
	uint64_t left = p->size - p->read;
	ssize_t n;

	*ret_octets = slice_from("");
	if (left == 0)
		return 0;
	n = pread(p->message, p->buffer,
	    left < EXCHANGE_CHUNK ? (size_t)left : EXCHANGE_CHUNK,
	    (off_t)p->read);
	if (n < 0)
		return err_sys(err, errno, "cannot read the message");
	if (n == 0)
		return err_set(err, EIO, "the message is shorter than it was");
	p->read += (uint64_t)n;
	*ret_octets = slice_of(p->buffer, (size_t)n);
	return 0;
}

static int
take_answer(void *ctx, struct slice octets, struct err *err)
{
	struct piping *p = ctx;

	if (octets.len > PIPE_ANSWER_MAX - p->answer.len)
		return err_set(err, EPROTO, "it says more than %d octets",
		    PIPE_ANSWER_MAX);
	str_append(&p->answer, octets);
	return 0;
}

static int
end_answer(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return 0; /* its exit code is to come */
}

static bool
is_answered(void *ctx)
{
	(void)ctx;
	return false; /* before it has closed its output */
}

static const struct exchange_ops piping_ops = {
	.next = next_octets,
	.take = take_answer,
	.end = end_answer,
	.done = is_answered,
};

/* Has the command read the message and answer; its exit code, or -errno with
 * err filled. */
static int
run(struct smtp *s, const struct pipe_spec *spec, struct ipc_msg *fds,
    struct piping *p, struct err *err)
{
	struct exchange x = {
		.ops = &piping_ops,
		.ctx = p,
		.who = spec->name,
		.out = fds->fds[PIPE_TO],
		.in = fds->fds[PIPE_FROM],
		.guard = s->front->keeper,
		.deadline = clock_deadline(spec->timeout_ms),
		.hang_up = true,
		.whole = true,
		.spare = p->message,
	};
	int rc = exchange_run(&x, err);

	if (rc < 0)
		pipe_status_log(fds->fds[PIPE_STATUS], spec->name);
	else
		rc = pipe_status_read(fds->fds[PIPE_STATUS], s->front->keeper,
		    x.deadline, spec->name, err);
	return rc;
}

static int
consult(struct smtp *s, size_t number, const struct pipe_spec *spec,
    struct piping *p, struct err *err)
{
	struct ipc_msg answer = IPC_MSG_INIT;
	enum wire_filter which =
	    (enum wire_filter)(WIRE_FILTER_COMMAND + number);
	int rc;

	if (content_open(s, which, &answer) == PIPE_FDS)
		rc = run(s, spec, &answer, p, err);
	else
		rc = err_set(err, ENOENT, "it cannot be started");
	ipc_msg_release(&answer);
	return rc;
}

/* ---- what follows ---- */

/* "X-Content-Checker: NAME why" in front of the message's own header. */
static const struct reply *
mark(struct reception *r, const struct pipe_spec *spec, const char *why)
{
	STR_AUTO field = STR_INIT;

	str_appendf(&field, "X-Content-Checker: %s %s\n", spec->name, why);
	return content_mark(r, str_slice(&field));
}

static const struct reply *
failed(struct reception *r, const struct pipe_spec *spec,
    struct content_result *result, const struct err *err)
{
	log_warning("command %s: %s", spec->name, err->text);
	content_found(result, spec->name, "unavailable");
	switch (spec->failure) {
	case MILTER_FAIL_REJECT:
		return &reply_command_failed_for_good;
	case MILTER_FAIL_QUARANTINE:
		result->quarantine = true;
		return mark(r, spec, "unavailable");
	case MILTER_FAIL_ACCEPT:
		return mark(r, spec, "unavailable");
	case MILTER_FAIL_TEMPFAIL:
		break;
	}
	return &reply_command_failed;
}

/* The reply of a command that refuses, with its own text if it has one. */
static const struct reply *
refuse(const struct pipe_spec *spec, const struct pipe_answer *answer,
    bool for_good, struct content_result *result)
{
	content_found(result, spec->name, for_good ? "refused" : "deferred");
	str_set(&result->argument, slice_from(answer->reply));
	if (result->argument.len == 0)
		str_append_cstr(&result->argument,
		    for_good ? "Refused by a filter"
			     : "A filter asks to try again later");
	return for_good ? &reply_command_rejects : &reply_command_defers;
}

/* Puts the header in the place of the one there is. */
static const struct reply *
change_header(struct reception *r, const struct pipe_answer *answer)
{
	struct slice trace = slice_head(str_slice(&r->intake.head), r->trace);
	STR_AUTO head = STR_INIT;
	int rc;

	str_append(&head, trace);
	str_append(&head, str_slice(&answer->top));
	str_append(&head, str_slice(&answer->own));
	rc = intake_rehead(&r->intake, str_slice(&head));
	return rc < 0 ? content_failure(rc) : NULL;
}

static const struct reply *
accept_it(struct reception *r, const struct pipe_spec *spec,
    const struct pipe_answer *answer, struct content_result *result)
{
	if (answer->discard)
		content_found(result, spec->name, "discarded");
	else if (answer->quarantine)
		content_found(result, spec->name, "quarantined");
	else if (answer->junk)
		content_found(result, spec->name, "junk");
	else if (result->verdict == NULL)
		content_passed(result, spec->name, "passed");
	result->discard = answer->discard;
	result->quarantine |= answer->quarantine;
	result->junk |= answer->junk;
	if (answer->changed && !answer->discard)
		return change_header(r, answer);
	return NULL;
}

static const struct reply *
judge(struct reception *r, const struct pipe_spec *spec,
    const struct pipe_answer *answer, int code, struct content_result *result)
{
	struct err err = { 0, "" };

	switch (code) {
	case EX_OK:
		return accept_it(r, spec, answer, result);
	case EX_UNAVAILABLE:
	case EX_NOPERM:
		return refuse(spec, answer, true, result);
	case EX_TEMPFAIL:
		return refuse(spec, answer, false, result);
	default:
		(void)err_set(&err, EPROTO, "exit code %d", code);
		return failed(r, spec, result, &err);
	}
}

const struct reply *
pipe_check(struct smtp *s, struct reception *r, const struct chain *chain,
    size_t number, struct content_result *result)
{
	const struct pipe_spec *spec = &chain->commands[number];
	struct slice own = slice_skip(str_slice(&r->intake.head), r->trace);
	struct pipe_answer answer = { .junk = false };
	struct piping p = { .size = intake_size(&r->intake) };
	struct err err = { 0, "" };
	const struct reply *no;
	int code;

	if (p.size > spec->max_size) {
		content_found(result, spec->name, "skipped");
		return mark(r, spec, "skipped (size)");
	}
	if (intake_to_file(&r->intake) < 0)
		return reception_refusal(r);
	p.message = r->intake.fd;
	code = consult(s, number, spec, &p, &err);
	if (code >= 0 &&
	    pipe_answer_parse(str_slice(&p.answer), own, &answer, &err) < 0)
		code = -EPROTO;
	if (code >= 0 && answer.top.len + answer.own.len > HEAD_MAX)
		code = err_set(&err, EMSGSIZE, "too much of a header");
	no = code < 0 ? failed(r, spec, result, &err)
		      : judge(r, spec, &answer, code, result);
	pipe_answer_release(&answer);
	str_release(&p.answer);
	return no;
}
