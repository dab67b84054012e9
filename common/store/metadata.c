#include "common/store/metadata.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"

static const char header[] = "njiwa-metadata 1";

/* The octets that a line cannot hold, and the letters for them. */
static const char plain[] = "\\\n\r\t\0";
static const char letters[] = "\\nrt0";

void
metadata_release(struct metadata *metadata)
{
	free(metadata->entries);
	str_release(&metadata->text);
	*metadata = (struct metadata){ .entries = NULL };
}

static bool
is_name_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '*' && c != '%';
}

bool
metadata_name_valid(struct slice name)
{
	size_t i;

	if (name.len > METADATA_ENTRY_MAX ||
	    (!slice_starts_nocase(name, "/private/") &&
		!slice_starts_nocase(name, "/shared/")))
		return false;
	for (i = 0; i < name.len; i++)
		if (!is_name_char((unsigned char)name.ptr[i]) ||
		    (name.ptr[i] == '/' &&
			(i + 1 == name.len || name.ptr[i + 1] == '/')))
			return false;
	return true;
}

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

int
metadata_compare(struct slice a, struct slice b)
{
	size_t i;

	for (i = 0; i < a.len && i < b.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return lower(a.ptr[i]) - lower(b.ptr[i]);
	return (a.len > b.len) - (a.len < b.len);
}

/* Where an entry of that name stands, or would. */
static size_t
place_of(const struct metadata *metadata, struct slice name, bool *ret_found)
{
	size_t low = 0, high = metadata->count;
	int order = 1;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		order = metadata_compare(metadata->entries[mid].name, name);
		if (order == 0)
			low = mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_found = low < metadata->count &&
		     metadata_compare(metadata->entries[low].name, name) == 0;
	return low;
}

struct slice
metadata_find(const struct metadata *metadata, struct slice name)
{
	bool found;
	size_t at = place_of(metadata, name, &found);

	return found ? metadata->entries[at].value : slice_of(NULL, 0);
}

/* Sets or removes one entry, of which the octets stay where they are. */
static void
set(struct metadata *metadata, struct metadata_entry entry)
{
	struct metadata_entry *at;
	bool found;
	size_t place = place_of(metadata, entry.name, &found);
	size_t behind = metadata->count - place;

	if (!found && entry.value.ptr == NULL)
		return;
	if (!found)
		metadata->entries = mem_grow(metadata->entries, &metadata->cap,
		    metadata->count + 1, sizeof *metadata->entries);
	at = metadata->entries + place;
	if (found && entry.value.ptr == NULL) {
		memmove(at, at + 1, (behind - 1) * sizeof *at);
		metadata->count--;
		return;
	}
	if (!found) {
		memmove(at + 1, at, behind * sizeof *at);
		metadata->count++;
	}
	*at = entry;
}

/* ---- the file's text ---- */

/* Takes the escapes out of a value, where it lies; false for a wrong one. */
static bool
unescape(char *text, size_t len, struct slice *ret_value)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		const char *at = NULL;

		if (text[i] != '\\') {
			text[n++] = text[i];
			continue;
		}
		if (++i < len)
			at = memchr(letters, text[i], sizeof letters - 1);
		if (at == NULL)
			return false;
		text[n++] = plain[at - letters];
	}
	*ret_value = slice_of(text, n);
	return true;
}

static void
parse_line(struct metadata *metadata, size_t start, size_t len)
{
	char *line = metadata->text.ptr + start;
	struct metadata_entry entry;
	size_t tab = slice_find(slice_of(line, len), '\t');

	entry.name = slice_of(line, tab);
	if (tab < len && metadata->count < METADATA_ENTRIES_MAX &&
	    metadata_name_valid(entry.name) &&
	    unescape(line + tab + 1, len - tab - 1, &entry.value))
		set(metadata, entry);
}

void
metadata_parse(struct slice text, struct metadata *metadata)
{
	size_t at, len;

	metadata->count = 0;
	str_set(&metadata->text, text);
	for (at = 0; at < text.len; at += len + 1) {
		len = slice_find(slice_skip(text, at), '\n');
		parse_line(metadata, at, len);
	}
}

static void
escape(struct slice value, struct str *out)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		const char *at = memchr(plain, value.ptr[i], sizeof plain - 1);

		if (at) {
			str_append_char(out, '\\');
			str_append_char(out, letters[at - plain]);
		} else {
			str_append_char(out, value.ptr[i]);
		}
	}
}

void
metadata_print(const struct metadata *metadata, struct str *out)
{
	size_t i;

	str_append_cstr(out, header);
	str_append_char(out, '\n');
	for (i = 0; i < metadata->count; i++) {
		str_append(out, metadata->entries[i].name);
		str_append_char(out, '\t');
		escape(metadata->entries[i].value, out);
		str_append_char(out, '\n');
	}
}

int
metadata_change(struct metadata *metadata, const struct metadata_entry *changes,
    size_t n, struct str *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		set(metadata, changes[i]);
	if (metadata->count > METADATA_ENTRIES_MAX)
		return -E2BIG;
	metadata_print(metadata, out);
	return out->len > METADATA_FILE_MAX ? -E2BIG : 0;
}
