#include "common/base/num.h"
#include "common/proto/score.h"

#define UNIT 1000 /* of a point */

/* The digits behind the point, as thousandths. */
static bool
parse_fraction(struct slice digits, int64_t *ret_thousandths)
{
	int64_t value = 0, unit = UNIT / 10;
	size_t i;

	for (i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		value += (digits.ptr[i] - '0') * unit;
		unit /= 10;
	}
	*ret_thousandths = value;
	return digits.len > 0;
}

bool
score_parse(struct slice text, int64_t *ret_score)
{
	struct slice rest = slice_trim(text);
	bool negative = slice_starts(rest, "-");
	int64_t fraction = 0;
	uint64_t whole;

	if (slice_is_nocase(rest, "never")) {
		*ret_score = SCORE_NEVER;
		return true;
	}
	if (negative)
		rest = slice_skip(rest, 1);
	if (!num_eat(&rest, SCORE_MAX, &whole))
		return false;
	if (rest.len && (rest.ptr[0] != '.' ||
			    !parse_fraction(slice_skip(rest, 1), &fraction)))
		return false;
	*ret_score = (int64_t)whole * UNIT + fraction;
	if (negative)
		*ret_score = -*ret_score;
	return true;
}

int64_t
score_of_setting(const char *text)
{
	int64_t score;

	return score_parse(slice_from(text), &score) ? score : SCORE_NEVER;
}

int64_t
score_of_points(double points)
{
	if (points > SCORE_MAX)
		points = SCORE_MAX;
	if (points < -SCORE_MAX)
		points = -SCORE_MAX;
	return (int64_t)(points * UNIT + (points < 0 ? -0.5 : 0.5));
}
