#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/smtpd/content/spam.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/proto/spamd.h"

#define SKIPPED "X-Spam-Checker: skipped (size)\n"
#define UNAVAILABLE "X-Spam-Checker: unavailable\n"

/* Is score at or above the setting, which is "" for never? */
static bool
reaches(double score, const char *setting)
{
	return setting[0] && score >= strtod(setting, NULL);
}

/* The user whose preferences count: %u is the only recipient. */
static void
put_user(const struct smtp *s, struct str *out)
{
	const char *user = s->settings->spam_user;

	if (strcmp(user, "%u") != 0)
		str_append_cstr(out, user);
	else if (s->tx.count == 1)
		str_append(out, str_slice(&s->tx.first));
}

/* Asks the filter behind the descriptors that the keeper gave: a socket of
 * spamd, or both ends of a command. */
static int
consult(struct smtp *s, struct reception *r, struct ipc_msg *answer,
    struct spam_verdict *verdict, struct err *err)
{
	STR_AUTO user = STR_INIT;
	struct spam_job job = {
		.message = r->intake.fd,
		.size = intake_size(&r->intake),
		.deadline = clock_deadline(s->settings->spamd_timeout),
	};

	put_user(s, &user);
	job.user = str_cstr(&user);
	if (answer->nfds == 1)
		return spamd_ask(answer->fds[0], &job, verdict, err);
	if (answer->nfds == 2)
		return spam_pipe_ask(
		    answer->fds[0], answer->fds[1], &job, verdict, err);
	return err_set(err, EPROTO, "no descriptor of a filter");
}

static int
ask_filter(struct smtp *s, struct reception *r, struct spam_verdict *verdict)
{
	struct ipc_msg answer = IPC_MSG_INIT;
	struct err err = { 0, "" };
	int rc = -ECONNREFUSED; /* the keeper has said why */

	if (smtp_ask(s, SMTP_FILTER, slice_from(""), &answer) == OUTCOME_OK) {
		rc = consult(s, r, &answer, verdict, &err);
		if (rc < 0)
			log_warning("spam filter: %s", err.text);
	}
	ipc_msg_release(&answer);
	return rc;
}

static bool
is_subject_due(const struct smtp *s, const struct spam_result *result)
{
	return result->spam && s->settings->spam_subject_prefix[0];
}

/* Puts fields, LF ended, between our trace and the message's own header, and
 * the prefix before its subject. */
static int
mark(struct smtp *s, struct reception *r, const struct spam_result *result,
    struct slice fields)
{
	struct slice head = str_slice(&r->intake.head);
	struct slice own = slice_skip(head, r->trace);
	STR_AUTO prefix = STR_INIT;
	STR_AUTO out = STR_INIT;
	size_t i;

	str_append(&out, slice_head(head, r->trace));
	for (i = 0; i < fields.len; i++)
		if (fields.ptr[i] != '\r')
			str_append_char(&out, fields.ptr[i]);
	if (is_subject_due(s, result)) {
		str_appendf(&prefix, "%s ", s->settings->spam_subject_prefix);
		own = slice_skip(
		    own, header_prefix_subject(own, str_cstr(&prefix), &out));
	}
	str_append(&out, own);
	return intake_rehead(&r->intake, str_slice(&out));
}

static const struct reply *
mark_or_fail(struct smtp *s, struct reception *r,
    const struct spam_result *result, struct slice fields)
{
	switch (mark(s, r, result, fields)) {
	case 0:
		return NULL;
	case -ENOSPC:
	case -EDQUOT:
		return &reply_disk_full;
	default:
		return &reply_local_error;
	}
}

static const struct reply *
judge(struct smtp *s, struct reception *r, const struct spam_verdict *verdict,
    struct spam_result *result)
{
	(void)snprintf(
	    result->score, sizeof result->score, "%.1f", verdict->score);
	result->spam = reaches(verdict->score, s->settings->spam_tag_score);
	result->verdict = result->spam ? "spam" : "clean";
	if (reaches(verdict->score, s->settings->spam_reject_score)) {
		result->verdict = "rejected";
		return &reply_spam;
	}
	return mark_or_fail(s, r, result, str_slice(&verdict->headers));
}

static const struct reply *
no_verdict(struct smtp *s, struct reception *r, struct spam_result *result)
{
	result->verdict = "unavailable";
	if (strcmp(s->settings->spam_unavailable, "defer") == 0)
		return &reply_spam_unavailable;
	return mark_or_fail(s, r, result, slice_from(UNAVAILABLE));
}

const struct reply *
spam_check(struct smtp *s, struct reception *r, struct spam_result *ret_result)
{
	const struct settings *set = s->settings;
	struct spam_verdict verdict = SPAM_VERDICT_INIT;
	const struct reply *no;

	*ret_result = (struct spam_result){ NULL, "", false };
	if (s->logged_in || r->intake.fd < 0 ||
	    (set->spamd[0] == '\0' && set->spam_command[0] == '\0'))
		return NULL;
	if (intake_size(&r->intake) > (uint64_t)set->spam_max_size) {
		ret_result->verdict = "skipped";
		return mark_or_fail(s, r, ret_result, slice_from(SKIPPED));
	}
	if (ask_filter(s, r, &verdict) < 0)
		no = no_verdict(s, r, ret_result);
	else
		no = judge(s, r, &verdict, ret_result);
	spam_verdict_release(&verdict);
	return no;
}
