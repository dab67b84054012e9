#include "common/msg/xtext.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The octet that text begins with, its length in *ret_len; -1 when none does.
 */
static int
next_octet(struct slice text, size_t *ret_len)
{
	int high, low;

	*ret_len = 1;
	if (text.ptr[0] < '!' || text.ptr[0] > '~' || text.ptr[0] == '=')
		return -1;
	if (text.ptr[0] != '+')
		return text.ptr[0];
	*ret_len = 3;
	if (text.len < 3)
		return -1;
	high = hex_value(text.ptr[1]);
	low = hex_value(text.ptr[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool
xtext_decode(struct slice text, struct str *out)
{
	size_t before = out->len, len;

	if (text.len == 0)
		return false;
	for (; text.len; text = slice_skip(text, len)) {
		int octet = next_octet(text, &len);

		if (octet < 0) {
			str_truncate(out, before);
			return false;
		}
		str_append_char(out, (char)octet);
	}
	return true;
}

bool
xtext_is_valid(struct slice text)
{
	STR_AUTO decoded = STR_INIT;

	return xtext_decode(text, &decoded);
}

bool
xtext_is_printable(struct slice text)
{
	STR_AUTO decoded = STR_INIT;
	size_t i;

	if (!xtext_decode(text, &decoded))
		return false;
	for (i = 0; i < decoded.len; i++)
		if ((decoded.ptr[i] < ' ' && decoded.ptr[i] != '\t') ||
		    decoded.ptr[i] > '~')
			return false;
	return true;
}

bool
xtext_is_ascii(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.ptr[i] < '!' || text.ptr[i] > '~')
			return false;
	return true;
}

bool
xtext_is_atom(struct slice text)
{
	static const char specials[] = "()<>[]:;@\\,.\"";
	size_t i;

	for (i = 0; i < text.len; i++)
		if (strchr(specials, text.ptr[i]))
			return false;
	return text.len > 0 && xtext_is_ascii(text);
}
