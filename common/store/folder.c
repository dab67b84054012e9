#include "common/base/enc.h"
#include "common/store/folder.h"
#include "common/store/mutf7.h"
#include "common/store/store.h"

bool
folder_is_inbox(struct slice name)
{
	return slice_is_nocase(name, "INBOX");
}

static bool
level_valid(struct slice level)
{
	size_t i;

	for (i = 0; i < level.len; i++) {
		unsigned char c = (unsigned char)level.ptr[i];

		if (c < ' ' || c == 0x7f || c == '.')
			return false;
	}
	return level.len > 0;
}

/* Appends the levels, each with its '.' before it. */
static bool
put_levels(struct slice name, struct str *out)
{
	struct slice level;
	unsigned depth;

	for (depth = 0; slice_next(&name, '/', &level); depth++) {
		if (depth == STORE_DEPTH_MAX || !level_valid(level))
			return false;
		if (depth == 0 && folder_is_inbox(level))
			level = slice_from("INBOX");
		str_append_char(out, '.');
		mutf7_encode(level, out);
	}
	return true;
}

bool
folder_to_dir(struct slice name, struct str *out)
{
	size_t start = out->len;

	if (folder_is_inbox(name)) {
		str_append_char(out, '.');
		return true;
	}
	if (name.len > 0 && name.len <= 4 * STORE_NAME_MAX &&
	    enc_utf8_valid(name) && put_levels(name, out) &&
	    out->len - start <= STORE_NAME_MAX)
		return true;
	str_truncate(out, start);
	return false;
}

bool
folder_from_dir(struct slice dir, struct str *out)
{
	STR_AUTO again = STR_INIT;
	struct slice rest, level;
	size_t start = out->len;

	if (slice_is(dir, ".")) {
		str_append_cstr(out, "INBOX");
		return true;
	}
	if (dir.len < 2 || dir.ptr[0] != '.')
		return false;
	for (rest = slice_skip(dir, 1); slice_next(&rest, '.', &level);) {
		if (out->len > start)
			str_append_char(out, '/');
		if (!mutf7_decode(level, out))
			break;
	}
	if (folder_to_dir(slice_skip(str_slice(out), start), &again) &&
	    slice_equal(str_slice(&again), dir))
		return true;
	str_truncate(out, start);
	return false;
}
