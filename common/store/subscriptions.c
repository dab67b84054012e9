#include "common/base/enc.h"
#include "common/store/folder.h"
#include "common/store/mutf7.h"
#include "common/store/subscriptions.h"

static const char header_v2[] = "V\t2\n\n";

/* Eats the header, if there is one; the version. */
static unsigned
eat_header(struct slice *text)
{
	if (!slice_starts(*text, header_v2))
		return 1;
	*text = slice_skip(*text, sizeof header_v2 - 1);
	return 2;
}

/* Appends a level decoded: modified UTF-7, else what is UTF-8 already.  A '/'
 * in it would make two. */
static bool
put_level(struct slice level, struct str *name)
{
	if (slice_find(level, '/') < level.len)
		return false;
	if (mutf7_decode(level, name))
		return true;
	if (!enc_utf8_valid(level))
		return false;
	str_append(name, level);
	return true;
}

/* The folder name of a line; false when it is none. */
static bool
decode_line(struct slice line, unsigned version, struct str *name)
{
	char separator = version == 2 ? '\t' : '.';
	STR_AUTO dir = STR_INIT;
	struct slice level;

	str_clear(name);
	if (line.len == 0)
		return false;
	while (slice_next(&line, separator, &level)) {
		if (name->len)
			str_append_char(name, '/');
		if (!put_level(level, name))
			return false;
	}
	if (!folder_to_dir(str_slice(name), &dir))
		return false;
	str_clear(name);
	return folder_from_dir(str_slice(&dir), name);
}

bool
subscriptions_next(struct slice *rest, unsigned *version, struct str *name)
{
	struct slice line;

	if (*version == 0)
		*version = eat_header(rest);
	while (slice_next(rest, '\n', &line))
		if (decode_line(line, *version, name))
			return true;
	return false;
}

/* Appends the line of name, which is a folder's. */
static void
put_line(struct slice name, unsigned version, struct str *out)
{
	STR_AUTO dir = STR_INIT;
	size_t i;

	if (!folder_to_dir(name, &dir))
		return;
	if (folder_is_inbox(name)) {
		str_append_cstr(out, "INBOX\n");
		return;
	}
	for (i = 1; version == 2 && i < dir.len; i++)
		if (dir.ptr[i] == '.')
			dir.ptr[i] = '\t';
	str_append(out, slice_skip(str_slice(&dir), 1));
	str_append_char(out, '\n');
}

/* Is name, or INBOX in another case, what the line says? */
static bool
line_is(struct slice line, unsigned version, struct slice name)
{
	STR_AUTO found = STR_INIT;

	if (!decode_line(line, version, &found))
		return false;
	return slice_equal(str_slice(&found), name);
}

bool
subscriptions_set(
    struct slice text, struct slice name, bool yes, struct str *out)
{
	unsigned version = text.len ? eat_header(&text) : 2;
	STR_AUTO wanted = STR_INIT;
	STR_AUTO dir = STR_INIT;
	bool found = false;
	struct slice line;

	if (!folder_to_dir(name, &dir) ||
	    !folder_from_dir(str_slice(&dir), &wanted))
		return false;
	if (version == 2)
		str_append_cstr(out, header_v2);
	while (slice_next(&text, '\n', &line)) {
		bool same = line_is(line, version, str_slice(&wanted));

		found |= same;
		if (line.len == 0 || (same && !yes))
			continue;
		str_append(out, line);
		str_append_char(out, '\n');
	}
	if (yes && !found)
		put_line(str_slice(&wanted), version, out);
	return yes != found;
}
