#include "cmd/smtpd/front/xclient.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "common/msg/xtext.h"

/* What one XCLIENT says; what it does not say is as it was. */
struct xclient {
	struct peer peer;
	struct str helo, login;
};

/* Takes an attribute's value; false when it makes no sense.  Of a value that
 * the proxy does not know known is false. */
typedef bool attribute_handler(
    struct xclient *x, struct slice value, bool known);

static bool
take_name(struct xclient *x, struct slice value, bool known)
{
	return peer_set_name(&x->peer, known ? value : slice_from(""));
}

/* "192.0.2.1", "IPV6:2001:db8::1" */
static struct slice
bare_address(struct slice value)
{
	return slice_starts_nocase(value, "IPV6:") ? slice_skip(value, 5)
						   : value;
}

static bool
take_address(struct xclient *x, struct slice value, bool known)
{
	return !known || peer_set_address(&x->peer, bare_address(value));
}

static bool
take_destination(struct xclient *x, struct slice value, bool known)
{
	return !known || peer_set_local(&x->peer, bare_address(value));
}

static bool
take_number(struct slice value, bool known, uint16_t *ret_port)
{
	uint64_t port = 0;

	if (known && !num_parse(value, UINT16_MAX, &port))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static bool
take_port(struct xclient *x, struct slice value, bool known)
{
	return take_number(value, known, &x->peer.port);
}

static bool
take_destination_port(struct xclient *x, struct slice value, bool known)
{
	return take_number(value, known, &x->peer.local_port);
}

/* Which of the two greetings was used is seen when the proxy repeats it. */
static bool
take_protocol(struct xclient *x, struct slice value, bool known)
{
	(void)x;
	return !known || slice_is_nocase(value, "SMTP") ||
	       slice_is_nocase(value, "ESMTP");
}

static bool
take_helo(struct xclient *x, struct slice value, bool known)
{
	str_set(&x->helo, known ? value : slice_from(""));
	return !known || smtp_is_name(value);
}

static bool
take_login(struct xclient *x, struct slice value, bool known)
{
	str_set(&x->login, known ? value : slice_from(""));
	return value.len <= ACCOUNT_NAME_MAX;
}

static const struct {
	const char *name;
	attribute_handler *take;
} attributes[] = {
	{ "NAME", take_name },
	{ "ADDR", take_address },
	{ "PORT", take_port },
	{ "PROTO", take_protocol },
	{ "HELO", take_helo },
	{ "LOGIN", take_login },
	{ "DESTADDR", take_destination },
	{ "DESTPORT", take_destination_port },
};

#define ATTRIBUTES (sizeof attributes / sizeof attributes[0])

/* "NAME=value", the value in xtext. */
static bool
take_attribute(struct xclient *x, struct slice word)
{
	size_t at = slice_find(word, '='), i;
	struct slice name = slice_head(word, at);
	struct slice value = slice_skip(word, at + 1);
	bool known = !slice_is_nocase(value, "[UNAVAILABLE]") &&
		     !slice_is_nocase(value, "[TEMPUNAVAIL]");
	STR_AUTO text = STR_INIT;

	for (i = 0; i < ATTRIBUTES; i++)
		if (slice_is_nocase(name, attributes[i].name))
			break;
	return i < ATTRIBUTES && xtext_decode(value, &text) &&
	       attributes[i].take(x, str_slice(&text), known);
}

static bool
parse(struct xclient *x, struct slice argument)
{
	struct slice word;

	while (slice_next(&argument, ' ', &word))
		if (word.len && !take_attribute(x, word))
			return false;
	return true;
}

/* A login needs a profile that has them. */
static const struct reply *
take_over(struct smtp *s, const struct xclient *x)
{
	struct slice login =
	    s->submission ? str_slice(&x->login) : slice_from("");

	switch (front_xclient(s->front, &x->peer, login)) {
	case XCLIENT_TAKEN:
		break;
	case XCLIENT_NO_LOGIN:
		return &reply_auth_tempfail;
	case XCLIENT_GONE:
		s->over = true;
		return &reply_local_error;
	}
	str_set(&s->proxied_helo, str_slice(&x->helo));
	if (login.len) {
		str_set(&s->user, login);
		s->logged_in = true;
	}
	return NULL;
}

void
xclient_list(struct str *out)
{
	size_t i;

	for (i = 0; i < ATTRIBUTES; i++)
		str_appendf(out, " %s", attributes[i].name);
}

void
cmd_xclient(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	struct xclient x = { .peer = *s->front->peer };
	const struct reply *no = &reply_xclient_syntax;

	str_set(&x.helo, str_slice(&s->proxied_helo));
	if (parse(&x, argument))
		no = take_over(s, &x);
	str_release(&x.helo);
	str_release(&x.login);
	if (no)
		smtp_say(s, no);
	else
		smtp_begin_again(s);
}
