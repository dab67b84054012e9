#include <stdint.h>

#include "common/base/enc.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* One group of four digits, of which the last pad are '='. */
static bool
decode_group(const char *group, size_t pad, struct str *out)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		int value = i < 4 - pad ? base64_value(group[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	if (pad && (bits & (pad == 1 ? 0xffU : 0xffffU)))
		return false; /* bits that no encoder sets */
	str_append_char(out, (char)(bits >> 16 & 0xff));
	if (pad < 2)
		str_append_char(out, (char)(bits >> 8 & 0xff));
	if (pad < 1)
		str_append_char(out, (char)(bits & 0xff));
	return true;
}

bool
enc_base64_decode(struct slice text, struct str *out)
{
	size_t start = out->len, i;

	if (text.len % 4)
		return false;
	for (i = 0; i < text.len; i += 4) {
		size_t pad = 0;

		if (i + 4 == text.len && text.ptr[i + 3] == '=')
			pad = text.ptr[i + 2] == '=' ? 2 : 1;
		if (!decode_group(text.ptr + i, pad, out)) {
			str_truncate(out, start);
			return false;
		}
	}
	return true;
}

void
enc_base64(struct slice octets, struct str *out)
{
	const unsigned char *p = (const unsigned char *)octets.ptr;
	size_t i;

	str_reserve(out, (octets.len + 2) / 3 * 4);
	for (i = 0; i < octets.len; i += 3) {
		size_t left = octets.len - i;
		uint32_t bits = (uint32_t)p[i] << 16;

		bits |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		bits |= left > 2 ? p[i + 2] : 0;
		str_append_char(out, base64_digits[bits >> 18]);
		str_append_char(out, base64_digits[bits >> 12 & 63]);
		str_append_char(
		    out, left > 1 ? base64_digits[bits >> 6 & 63] : '=');
		str_append_char(out, left > 2 ? base64_digits[bits & 63] : '=');
	}
}

static const char hex_digits[] = "0123456789abcdef";

void
enc_hex(struct slice octets, struct str *out)
{
	size_t i;

	for (i = 0; i < octets.len; i++) {
		unsigned char c = (unsigned char)octets.ptr[i];

		str_append_char(out, hex_digits[c >> 4]);
		str_append_char(out, hex_digits[c & 15]);
	}
}

bool
enc_equal_secret(struct slice a, struct slice b)
{
	volatile unsigned char diff = a.len != b.len;
	size_t i;

	if (b.len == 0)
		return a.len == 0;
	for (i = 0; i < a.len; i++)
		diff |= (unsigned char)(a.ptr[i] ^ b.ptr[i % b.len]);
	return diff == 0;
}

void
enc_printable(struct slice text, struct str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c >= ' ' && c <= '~' && c != '\\') {
			str_append_char(out, c);
			continue;
		}
		str_append_cstr(out, "\\x");
		enc_hex(slice_of(&c, 1), out);
	}
}

/* The length of the UTF-8 sequence at p (left octets), 0 when it is none. */
static size_t
utf8_sequence(const unsigned char *p, size_t left)
{
	size_t n, i;
	uint32_t c;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (left < n)
		return 0;
	c = p[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < (n == 3 ? 0x800U : n == 4 ? 0x10000U : 0x80U) || c > 0x10ffff)
		return 0;
	return c >= 0xd800 && c <= 0xdfff ? 0 : n;
}

bool
enc_utf8_valid(struct slice text)
{
	size_t at = 0;

	while (at < text.len) {
		size_t n = utf8_sequence(
		    (const unsigned char *)text.ptr + at, text.len - at);

		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

void
enc_utf8_put(struct str *out, uint32_t c)
{
	if (c < 0x80) {
		str_append_char(out, (char)c);
		return;
	}
	if (c < 0x800) {
		str_append_char(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		str_append_char(out, (char)(0xe0 | c >> 12));
		str_append_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		str_append_char(out, (char)(0xf0 | c >> 18));
		str_append_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		str_append_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	str_append_char(out, (char)(0x80 | (c & 0x3f)));
}
