#include <stdint.h>

#include "common/msg/date.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

typedef bool parser(struct slice text, time_t *ret_when, int *ret_offset);
typedef void formatter(time_t when, int offset, struct str *out);

/* What is read, written, and read again is the same time. */
static void
round_trip(struct slice text, parser *parse, formatter *format)
{
	STR_AUTO written = STR_INIT;
	time_t when, again;
	int offset, offset_again;

	if (!parse(text, &when, &offset))
		return;
	format(when, offset, &written);
	want(written.len <= 31);
	want(parse(str_slice(&written), &again, &offset_again));
	want(when == again && offset == offset_again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	time_t day, when;
	int offset;

	round_trip(text, date_parse, date_format);
	round_trip(text, date_parse_imap, date_format_imap);
	if (date_parse(text, &when, &offset))
		want(date_parse_sent(text, &day) && day == when);
	else
		(void)date_parse_sent(text, &day); /* it may, or may not */
	if (date_parse_imap_day(text, &day))
		want(day % 86400 == 0);
	return 0;
}
