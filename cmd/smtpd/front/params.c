#include "cmd/smtpd/front/params.h"
#include "common/base/enc.h"
#include "common/base/num.h"
#include "common/msg/xtext.h"

/* A word that a parameter's value may be, and what it stands for. */
struct param_word {
	const char *word; /* upper case */
	uint32_t bit;
};

static const struct reply *
take_size(struct smtp *s, bool has_value, struct slice value)
{
	uint64_t size;

	if (!has_value || !num_parse(value, UINT64_MAX, &size))
		return &reply_parameter_value;
	if (size > (uint64_t)s->settings->smtp_max_message_size)
		return &reply_size_announced;
	s->tx.announced = size;
	return NULL;
}

/* Sets the bit of the word that value is, in any case. */
static const struct reply *
take_word(struct smtp *s, struct slice value, const struct param_word *words)
{
	for (; words->word; words++)
		if (slice_is_nocase(value, words->word)) {
			s->tx.bits |= words->bit;
			return NULL;
		}
	return &reply_parameter_value;
}

static const struct reply *
take_body(struct smtp *s, bool has_value, struct slice value)
{
	static const struct param_word words[] = {
		{ "7BIT", 0 },
		{ "8BITMIME", WIRE_MAIL_8BITMIME },
		{ "BINARYMIME", WIRE_MAIL_BINARYMIME },
		{ NULL, 0 },
	};

	(void)has_value; /* no value is a wrong one too */
	return take_word(s, value, words);
}

static const struct reply *
take_ret(struct smtp *s, bool has_value, struct slice value)
{
	static const struct param_word words[] = {
		{ "FULL", WIRE_MAIL_RET_FULL },
		{ "HDRS", WIRE_MAIL_RET_HDRS },
		{ NULL, 0 },
	};

	(void)has_value; /* no value is a wrong one too */
	return take_word(s, value, words);
}

/* RFC 3461 section 4.4: at most 100 octets, and printable when decoded. */
static const struct reply *
take_envid(struct smtp *s, bool has_value, struct slice value)
{
	if (!has_value || value.len > WIRE_ENVID_MAX ||
	    !xtext_is_printable(value))
		return &reply_parameter_value;
	str_set(&s->tx.envid, value);
	return NULL;
}

static const struct reply *
take_smtputf8(struct smtp *s, bool has_value, struct slice value)
{
	(void)value;
	if (has_value)
		return &reply_parameter_value;
	s->tx.bits |= WIRE_MAIL_SMTPUTF8;
	return NULL;
}

/* RFC 3461 section 4.1: NEVER alone, or a list of the others, each once. */
static const struct reply *
take_notify(struct smtp *s, bool has_value, struct slice value)
{
	static const struct param_word words[] = {
		{ "NEVER", WIRE_NOTIFY_NEVER },
		{ "SUCCESS", WIRE_NOTIFY_SUCCESS },
		{ "FAILURE", WIRE_NOTIFY_FAILURE },
		{ "DELAY", WIRE_NOTIFY_DELAY },
	};
	const size_t n = sizeof words / sizeof words[0];
	uint32_t notify = 0;
	struct slice word;
	size_t i;

	while (has_value && slice_next(&value, ',', &word)) {
		for (i = 0; i < n && !slice_is_nocase(word, words[i].word);)
			i++;
		if (i == n || (notify & (words[i].bit | WIRE_NOTIFY_NEVER)))
			return &reply_parameter_value;
		notify |= words[i].bit;
	}
	if (notify == 0 ||
	    ((notify & WIRE_NOTIFY_NEVER) && notify != WIRE_NOTIFY_NEVER))
		return &reply_parameter_value;
	s->rcpt.notify = notify;
	return NULL;
}

/* RFC 6533 section 3: an address of UTF-8 is written as it is where SMTPUTF8
 * was said, and else in ASCII; '\\x{...}' is for its reader. */
static bool
is_utf8_address(const struct smtp *s, struct slice value)
{
	if (slice_find(value, '=') < value.len || !wire_is_line(value) ||
	    !enc_utf8_valid(value))
		return false;
	return (s->tx.bits & WIRE_MAIL_SMTPUTF8) || xtext_is_ascii(value);
}

/* RFC 3461 section 4.2: type and address. */
static const struct reply *
take_orcpt(struct smtp *s, bool has_value, struct slice value)
{
	size_t at = slice_find(value, ';');
	struct slice type = slice_head(value, at);
	struct slice address = slice_skip(value, at + 1);
	bool good = has_value && value.len <= WIRE_ORCPT_MAX &&
		    xtext_is_atom(type) && address.len;

	if (good && slice_is_nocase(type, "utf-8"))
		good = is_utf8_address(s, address);
	else if (good)
		good = xtext_is_printable(address);
	if (!good)
		return &reply_parameter_value;
	str_set(&s->rcpt.orcpt, value);
	return NULL;
}

/* RFC 4954 section 5: nobody here is trusted to vouch for another, so what is
 * well formed counts as AUTH=<>. */
static const struct reply *
take_auth(struct smtp *s, bool has_value, struct slice value)
{
	(void)s; /* nothing is kept */
	if (!has_value || !xtext_is_valid(value))
		return &reply_parameter_value;
	return NULL;
}

const struct param params_mail[] = {
	{ "SIZE", false, take_size },
	{ "BODY", false, take_body },
	{ "AUTH", true, take_auth },
	{ "RET", false, take_ret },
	{ "ENVID", false, take_envid },
	{ "SMTPUTF8", false, take_smtputf8 },
};
const size_t params_mail_count = sizeof params_mail / sizeof params_mail[0];

const struct param params_rcpt[] = {
	{ "NOTIFY", false, take_notify },
	{ "ORCPT", false, take_orcpt },
};
const size_t params_rcpt_count = sizeof params_rcpt / sizeof params_rcpt[0];

static size_t
find(const struct smtp *s, const struct param *table, size_t n,
    struct slice name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (slice_is_nocase(name, table[i].name) &&
		    (s->submission || !table[i].submission))
			break;
	return i;
}

const struct reply *
params_take(struct smtp *s, const struct param *table, size_t n,
    struct slice text, struct slice *ret_name)
{
	const struct reply *no = NULL;
	struct slice word;
	uint32_t seen = 0;

	while (no == NULL && slice_next(&text, ' ', &word)) {
		size_t at = slice_find(word, '='), row;

		if (word.len == 0)
			continue;
		*ret_name = slice_head(word, at);
		row = find(s, table, n, *ret_name);
		if (row == n)
			return &reply_parameter;
		if (seen & 1u << row)
			return &reply_parameter_twice;
		seen |= 1u << row;
		no =
		    table[row].take(s, at < word.len, slice_skip(word, at + 1));
	}
	return no;
}
