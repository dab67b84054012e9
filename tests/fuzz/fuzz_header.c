#include <stdint.h>

#include "common/msg/header.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* A complete header, whatever it is, and what is looked up in it. */
static void
read_header(struct slice header)
{
	struct slice rest = header;
	struct header_field field;
	size_t length = header_length(header), total = 0;

	while (header_next(&rest, &field)) {
		STR_AUTO value = STR_INIT;

		want(field.name.len > 0);
		want(field.raw.len > field.name.len);
		want(field.raw.ptr >= header.ptr);
		total += field.raw.len;
		header_unfold(field.body, &value);
		want(slice_find(str_slice(&value), '\n') == value.len);
	}
	want(total <= length);
}

/* A header that was prefixed once is not prefixed again. */
static void
prefix_header(struct slice header)
{
	STR_AUTO once = STR_INIT;
	STR_AUTO twice = STR_INIT;
	size_t taken = header_prefix_subject(header, "*** SPAM *** ", &once);

	want(taken <= header_length(header));
	want(header_prefix_subject(str_slice(&once), "*** SPAM *** ", &twice) ==
	     once.len);
	want(slice_equal(str_slice(&once), str_slice(&twice)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct slice rest = text, line;
	struct header_scan scan = { .done = false };
	STR_AUTO out = STR_INIT;

	read_header(text);
	prefix_header(text);
	while (slice_next(&rest, '\n', &line))
		header_scan_line(&scan, line, &out);
	want(scan.octets <= out.len);
	want(scan.received + scan.delivered_to <= scan.lines);
	if (scan.done && slice_find(text, '\r') == text.len)
		want(header_length(str_slice(&out)) == scan.octets + 1);
	read_header(str_slice(&out));
	return 0;
}
