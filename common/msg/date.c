#include "common/base/num.h"
#include "common/msg/date.h"

#define YEAR_0 (-62167219200LL)    /* 0000-01-01 00:00:00, in Unix time */
#define YEAR_9999 (253402300799LL) /* 9999-12-31 23:59:59 */
#define DAY_MINUTES (24 * 60)
#define OLDEST_YEAR 1900 /* RFC 5322 section 3.3 */

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat" };

int
date_local_offset(time_t when)
{
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL)
		return 0;
	return (int)(tm.tm_gmtoff / 60);
}

/* A clock's face at that time, offset minutes east of Greenwich. */
static struct tm
face(time_t when, int offset)
{
	struct tm tm;
	time_t shift = (time_t)offset * 60;

	memset(&tm, 0, sizeof tm);
	if (when < YEAR_0 - shift)
		when = YEAR_0 - shift;
	if (when > YEAR_9999 - shift)
		when = YEAR_9999 - shift;
	when += shift;
	(void)gmtime_r(&when, &tm); /* these years have one */
	return tm;
}

/* Appends "13:20:00 +0000". */
static void
put_time(const struct tm *tm, int offset, struct str *out)
{
	int minutes = offset < 0 ? -offset : offset;

	str_appendf(out, "%02d:%02d:%02d %c%02d%02d", tm->tm_hour, tm->tm_min,
	    tm->tm_sec, offset < 0 ? '-' : '+', minutes / 60 % 24,
	    minutes % 60);
}

void
date_format(time_t when, int offset, struct str *out)
{
	struct tm tm = face(when, offset);

	str_appendf(out, "%s, %02d %s %04d ", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900);
	put_time(&tm, offset, out);
}

void
date_format_imap(time_t when, int offset, struct str *out)
{
	struct tm tm = face(when, offset);

	str_appendf(out, "%2d-%s-%04d ", tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900);
	put_time(&tm, offset, out);
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
starts_with(struct slice text, char c)
{
	return text.len && text.ptr[0] == c;
}

static bool
eat(struct slice *rest, char c)
{
	if (!starts_with(*rest, c))
		return false;
	*rest = slice_skip(*rest, 1);
	return true;
}

/* Eats the comment at the start of *rest, comments in it included; one that
 * does not end reaches to the end of all. */
static void
eat_comment(struct slice *rest)
{
	size_t depth = 0, i;

	for (i = 0; i < rest->len; i++) {
		char c = rest->ptr[i];

		if (c == '\\')
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			break;
	}
	*rest = slice_skip(*rest, i + 1);
}

/* Eats blanks, line ends and comments (CFWS). */
static void
eat_space(struct slice *rest)
{
	while (rest->len && strchr(" \t\r\n(", rest->ptr[0]) &&
	       rest->ptr[0] != '\0') {
		if (rest->ptr[0] == '(')
			eat_comment(rest);
		else
			*rest = slice_skip(*rest, 1);
	}
}

/* Eats the word of letters at the start of *rest; empty when there is none. */
static struct slice
eat_word(struct slice *rest)
{
	size_t n = 0;

	while (n < rest->len && is_alpha(rest->ptr[n]))
		n++;
	*rest = slice_skip(*rest, n);
	return slice_of(rest->ptr - n, n);
}

/* Eats a number of min to max digits. */
static bool
eat_digits(struct slice *rest, size_t min, size_t max, int *ret_value)
{
	uint64_t value;
	size_t before = rest->len;

	if (!num_eat(rest, 9999, &value))
		return false;
	*ret_value = (int)value;
	return before - rest->len >= min && before - rest->len <= max;
}

/* Eats a month's name: three letters, or more that begin with them. */
static bool
eat_month(struct slice *rest, int *ret_month)
{
	struct slice word = eat_word(rest);
	int i;

	for (i = 0; i < 12; i++) {
		if (!slice_starts_nocase(word, months[i]))
			continue;
		*ret_month = i;
		return true;
	}
	return false;
}

/* Eats a year; two and three digits as RFC 5322 section 4.3 reads them. */
static bool
eat_year(struct slice *rest, int *ret_year)
{
	size_t before = rest->len, digits;

	if (!eat_digits(rest, 2, 4, ret_year))
		return false;
	digits = before - rest->len;
	if (digits == 2 && *ret_year < 50)
		*ret_year += 2000;
	else if (digits < 4)
		*ret_year += 1900;
	return *ret_year >= OLDEST_YEAR;
}

/* Eats "13:20" or "13:20:00", blanks around the colons allowed. */
static bool
eat_time(struct slice *rest, struct tm *tm)
{
	if (!eat_digits(rest, 1, 2, &tm->tm_hour))
		return false;
	eat_space(rest);
	if (!eat(rest, ':'))
		return false;
	eat_space(rest);
	if (!eat_digits(rest, 2, 2, &tm->tm_min))
		return false;
	eat_space(rest);
	if (!eat(rest, ':'))
		return true;
	eat_space(rest);
	return eat_digits(rest, 2, 2, &tm->tm_sec);
}

/* Eats "+0200" or "-0500" into minutes. */
static bool
eat_offset(struct slice *rest, int *ret_offset)
{
	bool west = starts_with(*rest, '-');
	int value;

	if (!west && !starts_with(*rest, '+'))
		return false;
	*rest = slice_skip(*rest, 1);
	if (!eat_digits(rest, 4, 4, &value) || value % 100 >= 60 ||
	    value / 100 >= 24)
		return false;
	value = value / 100 * 60 + value % 100;
	*ret_offset = west ? -value : value;
	return true;
}

/* Eats a zone: an offset, a name of RFC 5322 section 4.3, both ("GMT+0100"),
 * or nothing.  All other names, the military letters too, say nothing:
 * Greenwich. */
static bool
eat_zone(struct slice *rest, int *ret_offset)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {
		{ "EST", -5 },
		{ "EDT", -4 },
		{ "CST", -6 },
		{ "CDT", -5 },
		{ "MST", -7 },
		{ "MDT", -6 },
		{ "PST", -8 },
		{ "PDT", -7 },
	};
	struct slice word;
	size_t i;

	*ret_offset = 0;
	word = eat_word(rest);
	if (starts_with(*rest, '+') || starts_with(*rest, '-'))
		return eat_offset(rest, ret_offset);
	for (i = 0; i < sizeof zones / sizeof zones[0]; i++)
		if (slice_is_nocase(word, zones[i].name))
			*ret_offset = zones[i].hours * 60;
	return true;
}

static int
month_days(int year, int month)
{
	static const int lengths[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month] + (month == 1 && leap);
}

/* The time that a face, its year complete, shows at offset.  False when no
 * clock or calendar shows it; a leap second is the next minute's first. */
static bool
to_time(struct tm *tm, int year, int offset, time_t *ret_when)
{
	if (tm->tm_mday < 1 || tm->tm_mday > month_days(year, tm->tm_mon) ||
	    tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
		return false;
	tm->tm_year = year - 1900;
	*ret_when = timegm(tm) - (time_t)offset * 60;
	return true;
}

/* Eats a day's name with its comma, if it is there. */
static void
eat_weekday(struct slice *rest)
{
	(void)eat_word(rest); /* may be wrong, in any language, or missing */
	eat_space(rest);
	(void)eat(rest, ','); /* may be missing */
	eat_space(rest);
}

/* Eats blanks, or the hyphen of "22-Nov-2026", between the parts of a day. */
static void
eat_between(struct slice *rest)
{
	eat_space(rest);
	(void)eat(rest, '-'); /* RFC 850's form, which must not be there */
	eat_space(rest);
}

/* Eats what stands before the time of day. */
static bool
eat_date(struct slice *rest, struct tm *tm, int *ret_year)
{
	eat_space(rest);
	eat_weekday(rest);
	if (!eat_digits(rest, 1, 2, &tm->tm_mday))
		return false;
	eat_between(rest);
	if (!eat_month(rest, &tm->tm_mon))
		return false;
	eat_between(rest);
	if (!eat_year(rest, ret_year))
		return false;
	eat_space(rest);
	return true;
}

bool
date_parse(struct slice text, time_t *ret_when, int *ret_offset)
{
	struct tm tm;
	struct slice rest = text;
	int year, offset;

	memset(&tm, 0, sizeof tm);
	if (!eat_date(&rest, &tm, &year) || !eat_time(&rest, &tm))
		return false;
	eat_space(&rest);
	if (!eat_zone(&rest, &offset))
		return false;
	eat_space(&rest);
	if (rest.len || !to_time(&tm, year, offset, ret_when))
		return false;
	*ret_offset = offset;
	return true;
}

bool
date_parse_sent(struct slice text, time_t *ret_when)
{
	struct tm tm;
	int year, offset;

	if (date_parse(text, ret_when, &offset))
		return true;
	memset(&tm, 0, sizeof tm);
	if (!eat_date(&text, &tm, &year))
		return false;
	if (eat_time(&text, &tm) && to_time(&tm, year, 0, ret_when))
		return true;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	return to_time(&tm, year, 0, ret_when);
}

/* Eats IMAP's "1-Feb-2026". */
static bool
eat_imap_day(struct slice *rest, struct tm *tm, int *ret_year)
{
	struct slice word;

	if (!eat_digits(rest, 1, 2, &tm->tm_mday) || !eat(rest, '-'))
		return false;
	word = *rest;
	if (!eat_month(rest, &tm->tm_mon) || word.len - rest->len != 3)
		return false;
	return eat(rest, '-') && eat_digits(rest, 4, 4, ret_year);
}

/* Eats "13:20:00", all digits there. */
static bool
eat_imap_time(struct slice *rest, struct tm *tm)
{
	return eat_digits(rest, 2, 2, &tm->tm_hour) && eat(rest, ':') &&
	       eat_digits(rest, 2, 2, &tm->tm_min) && eat(rest, ':') &&
	       eat_digits(rest, 2, 2, &tm->tm_sec);
}

bool
date_parse_imap(struct slice text, time_t *ret_when, int *ret_offset)
{
	struct tm tm;
	struct slice rest = text;
	int year, offset;

	memset(&tm, 0, sizeof tm);
	(void)eat(&rest, ' '); /* of a day below 10; not all clients send it */
	if (!eat_imap_day(&rest, &tm, &year) || !eat(&rest, ' ') ||
	    !eat_imap_time(&rest, &tm) || !eat(&rest, ' ') ||
	    !eat_offset(&rest, &offset))
		return false;
	if (rest.len || !to_time(&tm, year, offset, ret_when))
		return false;
	*ret_offset = offset;
	return true;
}

bool
date_parse_imap_day(struct slice text, time_t *ret_start)
{
	struct tm tm;
	struct slice rest = text;
	int year;

	memset(&tm, 0, sizeof tm);
	return eat_imap_day(&rest, &tm, &year) && rest.len == 0 &&
	       to_time(&tm, year, 0, ret_start);
}
