#include "common/svc/check/verdict.h"
#include "common/base/num.h"

#define WHOLE_MAX 9999

static const struct {
	const char *word;
	enum check_action action;
} actions[] = {
	{ "log", CHECK_NOTHING },
	{ "junk", CHECK_FILE_AS_JUNK },
	{ "defer", CHECK_DEFER },
	{ "reject", CHECK_REJECT },
};

bool
check_is_on(const char *setting)
{
	return setting[0] && strcmp(setting, "off") != 0;
}

/* The first two digits behind the point, as hundredths. */
static bool
parse_hundredths(struct slice digits, int *ret_value)
{
	int value = 0;
	size_t i;

	for (i = 0; i < digits.len || i < 2; i++) {
		int digit = i < digits.len ? digits.ptr[i] - '0' : 0;

		if (digit < 0 || digit > 9)
			return false;
		if (i < 2)
			value = value * 10 + digit;
	}
	*ret_value = value;
	return digits.len > 0;
}

bool
check_score_parse(struct slice text, int *ret_score)
{
	bool negative = slice_starts(text, "-");
	uint64_t whole;
	int part = 0;

	text = slice_skip(text, negative);
	if (!num_eat(&text, WHOLE_MAX, &whole))
		return false;
	if (text.len && (text.ptr[0] != '.' ||
			    !parse_hundredths(slice_skip(text, 1), &part)))
		return false;
	part += (int)whole * CHECK_SCORE_UNIT;
	*ret_score = negative ? -part : part;
	return true;
}

void
check_fail(struct check_finding *f, const char *setting)
{
	size_t i;

	f->result = CHECK_FAIL;
	for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(setting, actions[i].word) == 0)
			f->action = actions[i].action;
	(void)check_score_parse(slice_from(setting), &f->score); /* or 0 */
}
