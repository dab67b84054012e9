#include "cmd/smtpd/front/params.h"
#include "common/base/num.h"

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

static const struct reply *
take_body(struct smtp *s, bool has_value, struct slice value)
{
	(void)has_value; /* no value is a wrong one too */
	s->tx.eight_bit = slice_is_nocase(value, "8BITMIME");
	if (s->tx.eight_bit || slice_is_nocase(value, "7BIT"))
		return NULL;
	return &reply_parameter_value;
}

static bool
is_hex_upper(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* RFC 3461 section 4: printable ASCII but '+' and '=', or "+XX". */
static bool
is_xtext(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c < '!' || c > '~' || c == '=')
			return false;
		if (c != '+')
			continue;
		if (text.len - i < 3 || !is_hex_upper(text.ptr[i + 1]) ||
		    !is_hex_upper(text.ptr[i + 2]))
			return false;
		i += 2;
	}
	return text.len > 0;
}

/* RFC 4954 section 5: nobody here is trusted to vouch for another, so what is
 * well formed counts as AUTH=<>. */
static const struct reply *
take_auth(struct smtp *s, bool has_value, struct slice value)
{
	(void)s; /* nothing is kept */
	if (!has_value || !is_xtext(value))
		return &reply_parameter_value;
	return NULL;
}

const struct param params_mail[] = {
	{ "SIZE", false, take_size },
	{ "BODY", false, take_body },
	{ "AUTH", true, take_auth },
};
const size_t params_mail_count = sizeof params_mail / sizeof params_mail[0];

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
