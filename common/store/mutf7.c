#include <stdint.h>

#include "common/base/enc.h"
#include "common/store/mutf7.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* Bits on their way between 16-bit units and 6-bit digits. */
struct bits {
	uint32_t value;
	unsigned count;
};

static bool
is_direct(unsigned char c)
{
	return c >= ' ' && c <= '~';
}

/* Eats one character of valid UTF-8. */
static uint32_t
eat_utf8(struct slice *rest)
{
	unsigned char first = (unsigned char)rest->ptr[0];
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? first : first & (0xffU >> (len + 1));
	size_t i;

	for (i = 1; i < len && i < rest->len; i++)
		c = c << 6 | ((unsigned char)rest->ptr[i] & 0x3f);
	*rest = slice_skip(*rest, len);
	return c;
}

static void
put_unit(struct bits *bits, uint32_t unit, struct str *out)
{
	bits->value = bits->value << 16 | unit;
	bits->count += 16;
	while (bits->count >= 6) {
		bits->count -= 6;
		str_append_char(out, digits[bits->value >> bits->count & 63]);
	}
}

/* Encodes the characters up to the next direct one. */
static void
encode_run(struct slice *rest, struct str *out)
{
	struct bits bits = { 0, 0 };

	str_append_char(out, '&');
	while (rest->len && !is_direct((unsigned char)rest->ptr[0])) {
		uint32_t c = eat_utf8(rest);

		if (c > 0xffff) {
			c -= 0x10000;
			put_unit(&bits, 0xd800 | c >> 10, out);
			c = 0xdc00 | (c & 0x3ff);
		}
		put_unit(&bits, c, out);
	}
	if (bits.count)
		str_append_char(
		    out, digits[bits.value << (6 - bits.count) & 63]);
	str_append_char(out, '-');
}

void
mutf7_encode(struct slice text, struct str *out)
{
	while (text.len) {
		unsigned char c = (unsigned char)text.ptr[0];

		if (!is_direct(c)) {
			encode_run(&text, out);
			continue;
		}
		str_append_char(out, (char)c);
		if (c == '&')
			str_append_char(out, '-');
		text = slice_skip(text, 1);
	}
}

/* One 16-bit unit; *high holds the first half of a pair, or 0. */
static bool
take_unit(uint32_t unit, uint32_t *high, struct str *out)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;

	if (low != (*high != 0))
		return false;
	if (low) {
		enc_utf8_put(
		    out, 0x10000 + ((*high & 0x3ff) << 10) + (unit & 0x3ff));
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
	} else {
		enc_utf8_put(out, unit);
	}
	return true;
}

/* Decodes the digits between '&' and '-'. */
static bool
decode_run(struct slice run, struct str *out)
{
	struct bits bits = { 0, 0 };
	uint32_t high = 0;
	size_t i;

	for (i = 0; i < run.len; i++) {
		const char *at = memchr(digits, run.ptr[i], sizeof digits - 1);

		if (at == NULL)
			return false;
		bits.value = bits.value << 6 | (uint32_t)(at - digits);
		bits.count += 6;
		if (bits.count < 16)
			continue;
		bits.count -= 16;
		if (!take_unit(bits.value >> bits.count & 0xffff, &high, out))
			return false;
	}
	return high == 0;
}

static bool
decode(struct slice text, struct str *out)
{
	while (text.len) {
		struct slice run;
		char c = text.ptr[0];
		size_t end;

		if (!is_direct((unsigned char)c))
			return false;
		text = slice_skip(text, 1);
		if (c != '&') {
			str_append_char(out, c);
			continue;
		}
		end = slice_find(text, '-');
		if (end == text.len)
			return false;
		run = slice_head(text, end);
		text = slice_skip(text, end + 1);
		if (end == 0)
			str_append_char(out, '&');
		else if (!decode_run(run, out))
			return false;
	}
	return true;
}

bool
mutf7_decode(struct slice text, struct str *out)
{
	STR_AUTO again = STR_INIT;
	size_t start = out->len;

	if (decode(text, out)) {
		mutf7_encode(slice_skip(str_slice(out), start), &again);
		if (slice_equal(str_slice(&again), text))
			return true;
	}
	str_truncate(out, start);
	return false;
}
