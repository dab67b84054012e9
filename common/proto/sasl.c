#include "common/base/enc.h"
#include "common/proto/sasl.h"

#define SECRET_AUTO __attribute__((cleanup(str_wipe))) struct str

struct sasl_mechanism {
	const char *name;
	unsigned offer;       /* SASL_OFFER_ bit that it needs, 0 for none */
	const char *greeting; /* the challenge before the first response */
	/* Takes a decoded response; on SASL_CONTINUE the challenge is set. */
	enum sasl_result (*respond)(struct sasl *sasl, struct slice response);
};

/* Does text hold a control character of Unicode's (RFC 4013 section 2.3)? */
static bool
has_control(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		unsigned char next =
		    i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && next >= 0x80 && next < 0xa0)
			return true; /* U+0080 to U+009F */
	}
	return false;
}

/* May text be a name or password of up to max octets? */
static bool
is_presentable(struct slice text, size_t max)
{
	return text.len > 0 && text.len <= max && enc_utf8_valid(text) &&
	       !has_control(text);
}

static void
set_challenge(struct sasl *sasl, const char *text)
{
	str_clear(&sasl->challenge);
	enc_base64(slice_from(text), &sasl->challenge);
}

static enum sasl_result
take_credentials(struct sasl *sasl, struct slice user, struct slice password)
{
	if (!is_presentable(user, SASL_NAME_MAX) ||
	    !is_presentable(password, SASL_PASSWORD_MAX))
		return SASL_BAD;
	str_set(&sasl->user, user);
	str_set(&sasl->password, password);
	return SASL_CREDENTIALS;
}

/* RFC 4616: [authzid] NUL authcid NUL passwd. */
static enum sasl_result
plain_respond(struct sasl *sasl, struct slice response)
{
	struct slice rest = response, as, user;
	enum sasl_result result;

	if (!slice_next(&rest, '\0', &as) || !slice_next(&rest, '\0', &user) ||
	    rest.ptr == NULL)
		return SASL_BAD;
	result = take_credentials(sasl, user, rest);
	if (result != SASL_CREDENTIALS || as.len == 0 || slice_equal(as, user))
		return result;
	return is_presentable(as, SASL_NAME_MAX) ? SASL_REFUSED : SASL_BAD;
}

/* draft-murchison-sasl-login: the name, then the password. */
static enum sasl_result
login_respond(struct sasl *sasl, struct slice response)
{
	STR_AUTO user = STR_INIT;

	if (sasl->user.len == 0) {
		if (!is_presentable(response, SASL_NAME_MAX))
			return SASL_BAD;
		str_set(&sasl->user, response);
		set_challenge(sasl, "Password:");
		return SASL_CONTINUE;
	}
	str_append(&user, str_slice(&sasl->user));
	return take_credentials(sasl, str_slice(&user), response);
}

/* RFC 5802 section 5: what is in the messages is for the holder of the keys to
 * judge; that the last one is empty is RFC 4954's and its like. */
static enum sasl_result
scram_respond(struct sasl *sasl, struct slice response)
{
	if ((response.len == 0) != (sasl->step == SASL_STEP_END) ||
	    response.len > SASL_SCRAM_MAX)
		return SASL_BAD;
	str_set(&sasl->message, response);
	return SASL_SCRAM;
}

/* clang-format off */
static const struct sasl_mechanism mechanisms[] = {
	/* name                offered where      greeting      responses */
	{ "SCRAM-SHA-256-PLUS", SASL_OFFER_PLUS,  "",           scram_respond },
	{ "SCRAM-SHA-256",      SASL_OFFER_SCRAM, "",           scram_respond },
	{ "PLAIN",              0,                "",           plain_respond },
	{ "LOGIN",              0,                "Username:",  login_respond },
};
/* clang-format on */

#define MECHANISMS (sizeof mechanisms / sizeof mechanisms[0])

/* Decodes text and hands it to the mechanism; ends the exchange but for
 * SASL_CONTINUE. */
static enum sasl_result
respond(struct sasl *sasl, struct slice text)
{
	SECRET_AUTO octets = STR_INIT;
	enum sasl_result result = SASL_BAD;

	str_reserve(&octets, text.len); /* so that it never moves */
	if (text.len <= SASL_LINE_MAX && enc_base64_decode(text, &octets))
		result = sasl->mechanism->respond(sasl, str_slice(&octets));
	if (result == SASL_CREDENTIALS)
		sasl->mechanism = NULL;
	else if (result != SASL_CONTINUE && result != SASL_SCRAM)
		sasl_release(sasl);
	return result;
}

static bool
is_offered(const struct sasl_mechanism *mechanism, unsigned offered)
{
	return (mechanism->offer & ~offered) == 0;
}

static const struct sasl_mechanism *
find_mechanism(struct slice name, unsigned offered)
{
	size_t i;

	for (i = 0; i < MECHANISMS; i++)
		if (slice_is_nocase(name, mechanisms[i].name) &&
		    is_offered(&mechanisms[i], offered))
			return &mechanisms[i];
	return NULL;
}

enum sasl_result
sasl_start(struct sasl *sasl, struct slice argument)
{
	size_t space = slice_find(argument, ' ');
	struct slice initial = slice_trim(slice_skip(argument, space));

	sasl_release(sasl);
	sasl->mechanism =
	    find_mechanism(slice_head(argument, space), sasl->offered);
	if (sasl->mechanism == NULL)
		return SASL_UNKNOWN;
	sasl->plus = sasl->mechanism->offer == SASL_OFFER_PLUS;
	set_challenge(sasl, sasl->mechanism->greeting);
	if (initial.len == 0)
		return SASL_CONTINUE;
	return respond(
	    sasl, slice_is(initial, "=") ? slice_head(initial, 0) : initial);
}

enum sasl_result
sasl_feed(struct sasl *sasl, struct slice line)
{
	if (sasl->mechanism == NULL)
		return SASL_BAD;
	if (!slice_is(line, "*"))
		return respond(sasl, line);
	sasl_release(sasl);
	return SASL_CANCELLED;
}

enum sasl_result
sasl_answer(struct sasl *sasl, struct slice message)
{
	if (sasl->mechanism == NULL || sasl->message.len == 0)
		return SASL_BAD;
	str_clear(&sasl->message);
	str_clear(&sasl->challenge);
	enc_base64(message, &sasl->challenge);
	sasl->step++;
	return SASL_CONTINUE;
}

const char *
sasl_challenge(const struct sasl *sasl)
{
	return str_cstr(&sasl->challenge);
}

void
sasl_release(struct sasl *sasl)
{
	str_wipe(&sasl->user);
	str_wipe(&sasl->password);
	str_release(&sasl->message);
	str_release(&sasl->challenge);
	sasl->mechanism = NULL;
	sasl->step = SASL_STEP_FIRST;
	sasl->plus = false;
}

void
sasl_list(unsigned offered, const char *before, struct str *out)
{
	size_t i;

	for (i = 0; i < MECHANISMS; i++) {
		if (!is_offered(&mechanisms[i], offered))
			continue;
		str_append_cstr(out, before);
		str_append_cstr(out, mechanisms[i].name);
	}
}
