#include <errno.h>

#include "common/base/num.h"
#include "common/proto/milter_list.h"

#define SEPARATORS " \t,"
#define TIMEOUT_MAX_MS (INT64_C(3600) * 1000)

/* A word of a setting and what it stands for. */
struct word {
	const char *text;
	int value;
};

static const struct word failures[] = {
	{ "tempfail", MILTER_FAIL_TEMPFAIL },
	{ "accept", MILTER_FAIL_ACCEPT },
	{ "reject", MILTER_FAIL_REJECT },
	{ "quarantine", MILTER_FAIL_QUARANTINE },
};

static const struct word audiences[] = {
	{ "all", MILTER_FOR_ALL },
	{ "strangers", MILTER_FOR_STRANGERS },
	{ "users", MILTER_FOR_USERS },
};

static const struct word contacts[] = {
	{ "mail", MILTER_FROM_MAIL },
	{ "helo", MILTER_FROM_HELO },
	{ "connect", MILTER_FROM_CONNECT },
};

static bool
find_word(const struct word *words, size_t n, struct slice text, int *ret_value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!slice_is(text, words[i].text))
			continue;
		*ret_value = words[i].value;
		return true;
	}
	return false;
}

bool
milter_failure_parse(struct slice word, enum milter_failure *ret_failure)
{
	int value;

	if (!find_word(
		failures, sizeof failures / sizeof failures[0], word, &value))
		return false;
	*ret_failure = (enum milter_failure)value;
	return true;
}

bool
milter_contact_parse(struct slice word, enum milter_contact *ret_contact)
{
	int value;

	if (!find_word(
		contacts, sizeof contacts / sizeof contacts[0], word, &value))
		return false;
	*ret_contact = (enum milter_contact)value;
	return true;
}

static bool
set_audience(struct milter_spec *spec, struct slice value)
{
	int number;

	if (!find_word(audiences, sizeof audiences / sizeof audiences[0], value,
		&number))
		return false;
	spec->audience = (enum milter_audience)number;
	return true;
}

static bool
set_time(struct slice value, int64_t *ret_ms)
{
	uint64_t ms;

	if (!num_parse_time(value, TIMEOUT_MAX_MS, &ms) || ms == 0)
		return false;
	*ret_ms = (int64_t)ms;
	return true;
}

/* name=value */
static bool
set_option(struct milter_spec *spec, struct slice option)
{
	size_t at = slice_find(option, '=');
	struct slice name = slice_head(option, at);
	struct slice value = slice_skip(option, at + 1);

	if (slice_is(name, "default_action"))
		return milter_failure_parse(value, &spec->failure);
	if (slice_is(name, "for"))
		return set_audience(spec, value);
	if (slice_is(name, "contact"))
		return milter_contact_parse(value, &spec->contact);
	if (slice_is(name, "connect_timeout"))
		return set_time(value, &spec->connect_ms);
	if (slice_is(name, "command_timeout"))
		return set_time(value, &spec->command_ms);
	if (slice_is(name, "content_timeout"))
		return set_time(value, &spec->content_ms);
	return false;
}

/* The next word, without blanks and commas, up to another one, or a brace,
 * which is a word of its own.  False at the end. */
static bool
next_word(struct slice *rest, struct slice *ret_word)
{
	size_t n = 0;

	while (rest->len && strchr(SEPARATORS, rest->ptr[0]))
		*rest = slice_skip(*rest, 1);
	if (rest->len == 0)
		return false;
	while (n < rest->len && !strchr(SEPARATORS "{}", rest->ptr[n]))
		n++;
	*ret_word = slice_head(*rest, n ? n : 1);
	*rest = slice_skip(*rest, ret_word->len);
	return true;
}

static int
bad_word(struct err *err, struct slice word)
{
	return err_set(
	    err, EINVAL, "milters: %.*s makes no sense", SLICE_FMT(word));
}

/* What follows "{": an address and its options, up to "}". */
static int
parse_group(struct slice *rest, struct milter_spec *spec, struct err *err)
{
	struct slice word;

	if (!next_word(rest, &spec->name) ||
	    !endpoint_parse(spec->name, &spec->at))
		return bad_word(err, spec->name);
	while (next_word(rest, &word)) {
		if (slice_is(word, "}"))
			return 0;
		if (!set_option(spec, word))
			return bad_word(err, word);
	}
	return err_set(err, EINVAL, "milters: } is missing");
}

int
milter_list_parse(const char *text, const struct milter_spec *defaults,
    struct milter_spec ret_specs[MILTERS_MAX], struct err *err)
{
	struct slice rest = slice_from(text), word;
	int n = 0, rc = 0;

	while (rc == 0 && next_word(&rest, &word)) {
		struct milter_spec spec = *defaults;

		spec.name = word;
		if (n == MILTERS_MAX)
			return err_set(
			    err, EINVAL, "milters: more than %d", MILTERS_MAX);
		if (slice_is(word, "{"))
			rc = parse_group(&rest, &spec, err);
		else if (!endpoint_parse(word, &spec.at))
			rc = bad_word(err, word);
		ret_specs[n++] = spec;
	}
	return rc < 0 ? rc : n;
}
