#include <errno.h>
#include <stdio.h>

#include "cmd/smtpd/content/content.h"
#include "common/base/log.h"
#include "common/proto/score.h"

void
content_result_release(struct content_result *result)
{
	str_release(&result->argument);
}

static void
tell(struct content_result *result, const char *filter, const char *verdict)
{
	result->verdict = verdict;
	(void)snprintf(result->filter, sizeof result->filter, "%s", filter);
}

void
content_found(
    struct content_result *result, const char *filter, const char *verdict)
{
	tell(result, filter, verdict);
	result->notable = true;
}

void
content_passed(
    struct content_result *result, const char *filter, const char *verdict)
{
	if (!result->notable)
		tell(result, filter, verdict);
}

static content_filter *const filters[] = {
	[CHAIN_MILTERS] = milters_check,
	[CHAIN_CLAMD] = virus_check,
	[CHAIN_SPAM] = spam_check,
};

static const struct reply *
check_step(struct smtp *s, struct reception *r, const struct chain *chain,
    size_t i, struct content_result *result)
{
	const struct chain_step *step = &chain->steps[i];

	if (step->kind == CHAIN_COMMAND)
		return pipe_check(s, r, chain, step->command, result);
	return filters[step->kind](s, r, result);
}

const struct reply *
content_check(
    struct smtp *s, struct reception *r, struct content_result *result)
{
	const struct reply *no = NULL;
	struct err err = { 0, "" };
	struct chain chain;
	size_t i;

	if (r->intake.file == NULL)
		return NULL; /* nobody gets it */
	if (chain_of(s->settings, s->front->profile, &chain, &err) < 0) {
		log_error("%s", err.text);
		return &reply_filters_unknown;
	}
	for (i = 0; i < chain.count && no == NULL && !result->discard; i++)
		no = check_step(s, r, &chain, i, result);
	return no;
}

struct wire_commit
content_commit(const struct content_result *result)
{
	return (struct wire_commit){
		.bits = (result->quarantine ? WIRE_QUARANTINE : 0) |
			(result->junk ? WIRE_JUNK : 0),
		.score = result->score,
	};
}

const char *
content_where(const struct smtp *s, const struct content_result *result)
{
	const struct settings *set = s->settings;

	if (result->discard)
		return "nowhere";
	if (result->quarantine)
		return set->quarantine_folder;
	if (set->spam_folder[0] && result->junk)
		return set->spam_folder;
	if (set->spam_folder[0] == '\0' || result->score == WIRE_SCORE_NONE)
		return "INBOX";
	if (set->spam_query[0])
		return NULL;
	return result->score >= score_of_setting(set->spam_junk_score)
		   ? set->spam_folder
		   : "INBOX";
}

int
content_open(struct smtp *s, enum wire_filter which, struct ipc_msg *answer)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, which);
	if (smtp_ask(s, SMTP_FILTER, str_slice(&body), answer) != OUTCOME_OK)
		return -1;
	return (int)answer->nfds;
}

const struct reply *
content_failure(int rc)
{
	return rc == -ENOSPC || rc == -EDQUOT ? &reply_disk_full
					      : &reply_local_error;
}

const struct reply *
content_mark(struct reception *r, struct slice fields)
{
	struct slice head = str_slice(&r->intake.head);
	STR_AUTO out = STR_INIT;
	int rc;

	str_append(&out, slice_head(head, r->trace));
	str_append(&out, fields);
	str_append(&out, slice_skip(head, r->trace));
	rc = intake_rehead(&r->intake, str_slice(&out));
	return rc < 0 ? content_failure(rc) : NULL;
}
