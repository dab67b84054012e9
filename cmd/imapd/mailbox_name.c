#include "cmd/imapd/mailbox_name.h"

#include <string.h>

#include "common/base/enc.h"
#include "common/store/mutf7.h"

#define INBOX "INBOX"

/* The letter as it is compared: name is INBOX up to inbox octets. */
static bool
same(char a, char b, bool any_case)
{
	if (a == b)
		return true;
	return any_case && (a | 0x20) == (b | 0x20) && (a | 0x20) >= 'a' &&
	       (a | 0x20) <= 'z';
}

/*
 * Goes through both, and back to the last wildcard when they part: to "*" when
 * there was one, for "%" cannot do what it cannot.  Never worse than the
 * product of the lengths.
 */
bool
mailbox_name_matches(struct slice name, struct slice pattern)
{
	size_t inbox = slice_is_nocase(slice_head(name, 5), "INBOX") &&
			       (name.len == 5 || name.ptr[5] == '/')
			   ? 5
			   : 0;
	size_t n = 0, p = 0, star_p = SIZE_MAX, star_n = 0;
	size_t cent_p = SIZE_MAX, cent_n = 0;

	for (;;) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star_p = ++p;
			star_n = n;
			cent_p = SIZE_MAX;
		} else if (p < pattern.len && pattern.ptr[p] == '%') {
			cent_p = ++p;
			cent_n = n;
		} else if (n < name.len && p < pattern.len &&
			   same(name.ptr[n], pattern.ptr[p], n < inbox)) {
			n++;
			p++;
		} else if (n == name.len && p == pattern.len) {
			return true;
		} else if (cent_p != SIZE_MAX && cent_n < name.len &&
			   name.ptr[cent_n] != '/') {
			n = ++cent_n;
			p = cent_p;
		} else if (star_p != SIZE_MAX && star_n < name.len) {
			n = ++star_n;
			p = star_p;
			cent_p = SIZE_MAX;
		} else {
			return false;
		}
	}
}

static bool
to_utf8(struct slice wire, bool utf8, struct str *out)
{
	if (!utf8)
		return mutf7_decode(wire, out);
	if (!enc_utf8_valid(wire))
		return false;
	str_append(out, wire);
	return true;
}

bool
mailbox_name_decode(struct slice wire, struct name_style names, struct str *out)
{
	size_t i = out->len;

	if (!to_utf8(wire, names.utf8, out))
		return false;
	if (names.separator == '/' || names.separator == '\0')
		return true;
	for (; i < out->len; i++) {
		if (out->ptr[i] == '/')
			return false;
		if (out->ptr[i] == names.separator)
			out->ptr[i] = '/';
	}
	return true;
}

void
mailbox_name_spell(struct str *name)
{
	struct slice first = slice_head(str_slice(name), strlen(INBOX));

	if (slice_is_nocase(first, INBOX) &&
	    (name->len == first.len || name->ptr[first.len] == '/'))
		memcpy(name->ptr, INBOX, first.len);
}

bool
mailbox_name_argument(struct args *args, struct str *name, bool *ret_valid)
{
	struct slice wire;

	str_clear(name);
	if (!args_astring(args, &wire))
		return false;
	*ret_valid = wire.len > 0 && wire.len <= MAILBOX_NAME_MAX &&
		     mailbox_name_decode(wire, args->names, name);
	mailbox_name_spell(name);
	return true;
}
