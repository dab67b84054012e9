#include <errno.h>
#include <stdio.h>

#include "cmd/smtpd/content/content.h"
#include "cmd/smtpd/content/pipe_status.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/proto/score.h"
#include "common/proto/spamd.h"
#include "common/svc/check/checks.h"

#define SKIPPED "X-Spam-Checker: skipped (size)\n"
#define UNAVAILABLE "X-Spam-Checker: unavailable\n"

/* Which one is asked. */
static const char *
name_of(const struct smtp *s)
{
	return s->settings->spamd[0] ? "spamd" : "spam_command";
}

/* Asks the filter behind the descriptors that the keeper gave: a socket of
 * spamd, to which it has said in whose name, or both ends of a command. */
static int
consult(struct smtp *s, struct reception *r, struct ipc_msg *answer,
    struct spam_verdict *verdict, struct err *err)
{
	struct spam_job job = {
		.message = r->intake.fd,
		.size = intake_size(&r->intake),
		.deadline = clock_deadline(s->settings->spamd_timeout),
		.guard = s->front->keeper,
	};
	int rc;

	if (answer->nfds == 1)
		return spamd_ask(answer->fds[0], &job, verdict, err);
	if (answer->nfds < 2)
		return err_set(err, EPROTO, "no descriptor of a filter");
	rc = spam_pipe_ask(answer->fds[0], answer->fds[1], &job, verdict, err);
	if (answer->nfds > 2) /* its exit code says nothing */
		pipe_status_log(answer->fds[2], "spam_command");
	return rc;
}

static int
ask_filter(struct smtp *s, struct reception *r, struct spam_verdict *verdict)
{
	struct ipc_msg answer = IPC_MSG_INIT;
	struct err err = { 0, "" };
	int rc = -ECONNREFUSED; /* the keeper has said why */

	if (content_open(s, WIRE_FILTER_SPAM, &answer) >= 0) {
		rc = consult(s, r, &answer, verdict, &err);
		if (rc < 0)
			log_warning("spam filter: %s", err.text);
	}
	ipc_msg_release(&answer);
	return rc;
}

/* The thresholds that count for the message. */
static struct wire_limits
limits_of(struct smtp *s)
{
	struct wire_limits limits = {
		score_of_setting(s->settings->spam_tag_score),
		score_of_setting(s->settings->spam_reject_score),
	};
	struct ipc_msg answer = IPC_MSG_INIT;

	if (s->settings->spam_query[0] == '\0')
		return limits;
	if (front_ask(s->front, SMTP_LIMITS, slice_from(""), &answer) < 0)
		s->over = true;
	else if (!wire_get_limits(&answer, &limits))
		log_warning("spam preferences: no sense in the answer");
	ipc_msg_release(&answer);
	return limits;
}

/* Puts fields, LF ended, between our trace and the message's own header, and
 * the prefix before its subject. */
static const struct reply *
mark_spam(struct smtp *s, struct reception *r, struct slice fields)
{
	struct slice head = str_slice(&r->intake.head);
	struct slice own = slice_skip(head, r->trace);
	STR_AUTO prefix = STR_INIT;
	STR_AUTO out = STR_INIT;
	int rc;

	str_append(&out, slice_head(head, r->trace));
	str_append(&out, fields);
	str_appendf(&prefix, "%s ", s->settings->spam_subject_prefix);
	own = slice_skip(
	    own, header_prefix_subject(own, str_cstr(&prefix), &out));
	str_append(&out, own);
	rc = intake_rehead(&r->intake, str_slice(&out));
	return rc < 0 ? content_failure(rc) : NULL;
}

/* The filter's fields, without the CRs of their line ends. */
static void
put_fields(const struct spam_verdict *verdict, struct str *out)
{
	size_t i;

	for (i = 0; i < verdict->headers.len; i++)
		if (verdict->headers.ptr[i] != '\r')
			str_append_char(out, verdict->headers.ptr[i]);
}

/* What the checks of strangers add. */
static double
stranger_points(const struct smtp *s)
{
	if (s->checks == NULL || !s->settings->spam_add_stranger_score)
		return 0;
	return (double)checks_score(s->checks) / CHECK_SCORE_UNIT;
}

static const struct reply *
judge(struct smtp *s, struct reception *r, const struct spam_verdict *verdict,
    struct content_result *result)
{
	const struct wire_limits limits = limits_of(s);
	double points = verdict->score + stranger_points(s);
	STR_AUTO fields = STR_INIT;

	(void)snprintf(
	    result->score_text, sizeof result->score_text, "%.1f", points);
	result->score = score_of_points(points);
	if (result->score >= limits.reject) {
		content_found(result, name_of(s), "rejected");
		return &reply_spam;
	}
	if (result->score >= limits.tag)
		content_found(result, name_of(s), "spam");
	else
		content_passed(result, name_of(s), "clean");
	put_fields(verdict, &fields);
	if (result->score >= limits.tag && s->settings->spam_subject_prefix[0])
		return mark_spam(s, r, str_slice(&fields));
	return content_mark(r, str_slice(&fields));
}

static const struct reply *
no_verdict(struct smtp *s, struct reception *r, struct content_result *result)
{
	content_found(result, name_of(s), "unavailable");
	if (strcmp(s->settings->spam_unavailable, "defer") == 0)
		return &reply_spam_unavailable;
	return content_mark(r, slice_from(UNAVAILABLE));
}

const struct reply *
spam_check(struct smtp *s, struct reception *r, struct content_result *result)
{
	const struct settings *set = s->settings;
	struct spam_verdict verdict = SPAM_VERDICT_INIT;
	const struct reply *no;

	if (set->spamd[0] == '\0' && set->spam_command[0] == '\0')
		return NULL;
	if (intake_size(&r->intake) > (uint64_t)set->spam_max_size) {
		content_found(result, name_of(s), "skipped");
		return content_mark(r, slice_from(SKIPPED));
	}
	if (intake_to_file(&r->intake) < 0)
		return reception_refusal(r);
	if (ask_filter(s, r, &verdict) < 0)
		no = no_verdict(s, r, result);
	else
		no = judge(s, r, &verdict, result);
	spam_verdict_release(&verdict);
	return no;
}
