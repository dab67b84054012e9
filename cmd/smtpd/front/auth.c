#include "cmd/smtpd/content/milters.h"
#include "common/base/log.h"
#include "common/svc/front_sasl.h"

static bool
ask(void *ctx, const char *challenge, struct slice *ret_line)
{
	struct smtp *s = ctx;

	smtp_say_with(s, &reply_challenge, slice_from(challenge));
	return smtp_read_line(s, &reply_auth_line_long, ret_line);
}

/* What is told about the end of an exchange; NULL: nothing more. */
static const struct reply *
reply_for_auth(enum front_auth result)
{
	switch (result) {
	case AUTH_OK:
		return &reply_auth_ok;
	case AUTH_DENIED:
		return &reply_auth_denied;
	case AUTH_DISABLED:
		return &reply_auth_disabled;
	case AUTH_TOO_MANY:
		return &reply_auth_too_many;
	case AUTH_BAD:
		return reply_for_sasl(SASL_BAD);
	case AUTH_CANCELLED:
		return reply_for_sasl(SASL_CANCELLED);
	case AUTH_NO_MECHANISM:
		return reply_for_sasl(SASL_UNKNOWN);
	case AUTH_TOLD:
		return NULL;
	case AUTH_TEMPFAIL:
		break;
	}
	return &reply_auth_tempfail;
}

void
cmd_auth(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	const struct front_auth_lines lines = { ask, s };
	const struct reply *reply;
	struct err err = { 0, "" };
	enum front_auth result;

	reply = milters_banned(s);
	if (reply) {
		smtp_say(s, reply);
		return;
	}
	if (s->logged_in) {
		smtp_say(s, &reply_auth_already);
		return;
	}
	str_set(&s->mechanism, slice_head(argument, slice_find(argument, ' ')));
	str_clear(&s->user);
	result = front_authenticate(s->front, argument, &lines, &s->user, &err);
	s->logged_in = result == AUTH_OK;
	if (result == AUTH_TEMPFAIL)
		log_warning("login: %s", err.text);
	reply = reply_for_auth(result);
	if (reply)
		smtp_say(s, reply);
}
