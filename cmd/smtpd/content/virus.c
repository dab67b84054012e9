#include <errno.h>

#include "cmd/smtpd/content/content.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/proto/clamd.h"

#define SKIPPED "X-Virus-Checker: skipped (size)\n"
#define UNAVAILABLE "X-Virus-Checker: unavailable\n"

static int
ask_clamd(struct smtp *s, struct reception *r, struct clamd_verdict *verdict)
{
	const struct clamd_job job = {
		.message = r->intake.fd,
		.size = intake_size(&r->intake),
		.deadline = clock_deadline(s->settings->clamd_timeout),
		.guard = s->front->keeper,
	};
	struct ipc_msg answer = IPC_MSG_INIT;
	struct err err = { 0, "" };
	int rc = -ECONNREFUSED; /* the keeper has said why */

	if (content_open(s, WIRE_FILTER_CLAMD, &answer) == 1) {
		rc = clamd_ask(answer.fds[0], &job, verdict, &err);
		if (rc < 0)
			log_warning("clamd: %s", err.text);
	}
	ipc_msg_release(&answer);
	return rc;
}

static const struct reply *
no_verdict(struct smtp *s, struct reception *r, struct content_result *result)
{
	content_found(result, "clamd", "unavailable");
	if (strcmp(s->settings->clamd_unavailable, "defer") == 0)
		return &reply_virus_unavailable;
	return content_mark(r, slice_from(UNAVAILABLE));
}

static const struct reply *
not_looked_at(struct reception *r, struct content_result *result)
{
	content_found(result, "clamd", "skipped");
	return content_mark(r, slice_from(SKIPPED));
}

const struct reply *
virus_check(struct smtp *s, struct reception *r, struct content_result *result)
{
	struct clamd_verdict verdict;

	if (s->settings->clamd[0] == '\0')
		return NULL;
	if (intake_size(&r->intake) > (uint64_t)s->settings->clamd_max_size)
		return not_looked_at(r, result);
	if (intake_to_file(&r->intake) < 0)
		return reception_refusal(r);
	if (ask_clamd(s, r, &verdict) < 0)
		return no_verdict(s, r, result);
	switch (verdict.result) {
	case CLAMD_CLEAN:
		content_passed(result, "clamd", "clean");
		break;
	case CLAMD_TOO_BIG:
		log_warning("clamd: the message is beyond its StreamMaxLength "
			    "(setting clamd_max_size)");
		return not_looked_at(r, result);
	case CLAMD_INFECTED:
		content_found(result, "clamd", "infected");
		str_append_cstr(&result->argument, verdict.signature);
		return &reply_infected;
	}
	return NULL;
}
