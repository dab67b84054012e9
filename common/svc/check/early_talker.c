/* Does the client wait for the greeting (RFC 5321 section 4.3.1)? */
#include "common/svc/check/rows.h"
#include "common/base/clock.h"

static bool
is_on(const struct settings *settings)
{
	return settings->smtp_greeting_delay > 0 &&
	       check_is_on(settings->check_early_talker);
}

/* A client that hung up has not talked. */
static bool
talks(struct stream *client, int64_t deadline)
{
	stream_set_deadline(client, deadline);
	return stream_wait(client, -1, deadline) == STREAM_WAIT_INPUT &&
	       stream_fill(client) == 1;
}

static void
judge(struct checks *c, struct check_finding *f)
{
	const struct settings *set = c->about.settings;
	bool *early = c->about.early;
	int64_t deadline = clock_deadline(set->smtp_greeting_delay);

	if (early == NULL)
		return;
	if (c->about.stream)
		*early = talks(c->about.stream, deadline);
	f->result = CHECK_PASS;
	if (*early) {
		check_fail(f, set->check_early_talker);
		str_append_cstr(&f->reason, "you spoke before the greeting");
	}
}

const struct check check_early_talker = {
	.name = "early-talker",
	.stage = CHECK_CONNECT,
	.at_once = true,
	.is_on = is_on,
	.judge = judge,
};
