#include "cmd/smtpd/front/session.h"
#include "common/base/log.h"

/* Reads on until the exchange is over. */
static enum sasl_result
converse(struct smtp *s, struct sasl *sasl, enum sasl_result result)
{
	struct slice line;

	while (result == SASL_CONTINUE) {
		smtp_say_with(
		    s, &reply_challenge, slice_from(sasl_challenge(sasl)));
		if (!smtp_read_line(s, &reply_auth_line_long, &line))
			break;
		result = sasl_feed(sasl, line);
	}
	return result;
}

static const struct reply *
log_in(struct smtp *s, const struct sasl *sasl)
{
	struct err err = { 0, "" };

	switch (front_login(s->front, str_slice(&sasl->user),
	    str_slice(&sasl->password), &err)) {
	case LOGIN_OK:
		str_set(&s->user, str_slice(&sasl->user));
		s->logged_in = true;
		return &reply_auth_ok;
	case LOGIN_DENIED:
		return &reply_auth_denied;
	case LOGIN_TOO_MANY:
		return &reply_auth_too_many;
	case LOGIN_TEMPFAIL:
		break;
	}
	return &reply_auth_tempfail;
}

void
cmd_auth(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	struct sasl sasl = SASL_INIT;
	enum sasl_result result;

	if (s->logged_in) {
		smtp_say(s, &reply_auth_already);
		return;
	}
	result = converse(s, &sasl, sasl_start(&sasl, argument));
	if (result == SASL_CREDENTIALS)
		smtp_say(s, log_in(s, &sasl));
	else if (result != SASL_CONTINUE)
		smtp_say(s, reply_for_sasl(result));
	sasl_release(&sasl);
}
