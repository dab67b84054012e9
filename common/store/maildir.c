#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/num.h"
#include "common/store/mailbox.h"
#include "common/store/maildir.h"

#define LETTERS_MAX 128 /* a name's letters are ASCII */

/* clang-format off */
static const struct { char letter; uint8_t flag; } letters[] = {
	{ 'D', FLAG_DRAFT },
	{ 'F', FLAG_FLAGGED },
	{ 'P', FLAG_PASSED },
	{ 'R', FLAG_ANSWERED },
	{ 'S', FLAG_SEEN },
	{ 'T', FLAG_DELETED },
};
/* clang-format on */

#define NLETTERS (sizeof letters / sizeof letters[0])

bool
maildir_is_message(struct slice name)
{
	return name.len > 0 && name.len <= MAILDIR_NAME_MAX &&
	       name.ptr[0] != '.' && name.ptr[0] != ':' &&
	       memchr(name.ptr, '\n', name.len) == NULL &&
	       memchr(name.ptr, '\r', name.len) == NULL &&
	       memchr(name.ptr, '/', name.len) == NULL;
}

struct slice
maildir_base(struct slice name)
{
	return slice_head(name, slice_find(name, ':'));
}

/* What stands behind ":2,"; empty when there is no such part. */
static struct slice
info_of(struct slice name)
{
	struct slice info = slice_skip(name, slice_find(name, ':'));

	return slice_starts(info, ":2,") ? slice_skip(info, 3)
					 : slice_of("", 0);
}

static uint8_t
letter_flag(char c)
{
	size_t i;

	for (i = 0; i < NLETTERS; i++)
		if (letters[i].letter == c)
			return letters[i].flag;
	return 0;
}

static bool
is_keyword(char c)
{
	return c >= 'a' && c <= 'z';
}

void
maildir_get_flags(struct slice name, uint8_t *ret_flags, uint32_t *ret_keywords)
{
	struct slice info = info_of(name);
	uint32_t keywords = 0;
	uint8_t flags = 0;
	size_t i;

	for (i = 0; i < info.len && info.ptr[i] != ','; i++) {
		if (is_keyword(info.ptr[i]))
			keywords |= 1U << (info.ptr[i] - 'a');
		else
			flags |= letter_flag(info.ptr[i]);
	}
	*ret_flags = flags;
	*ret_keywords = keywords;
}

/* Marks the letters of info that mean nothing to us. */
static void
mark_unknown(struct slice info, bool present[LETTERS_MAX])
{
	size_t i;

	for (i = 0; i < info.len; i++) {
		char c = info.ptr[i];

		if (c > ' ' && c < 127 && !is_keyword(c) && !letter_flag(c))
			present[(int)c] = true;
	}
}

void
maildir_put_flags(
    struct slice name, uint8_t flags, uint32_t keywords, struct str *out)
{
	struct slice info = info_of(name), ours;
	bool present[LETTERS_MAX] = { false };
	size_t i;

	ours = slice_head(info, slice_find(info, ','));
	mark_unknown(ours, present);
	for (i = 0; i < NLETTERS; i++)
		if (flags & letters[i].flag)
			present[(int)letters[i].letter] = true;
	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++)
		if (keywords & 1U << i)
			present['a' + i] = true;
	str_append(out, maildir_base(name));
	str_append_cstr(out, ":2,");
	for (i = 0; i < LETTERS_MAX; i++)
		if (present[i])
			str_append_char(out, (char)i);
	str_append(out, slice_skip(info, ours.len));
}

/* What stands behind ",key="; ptr is NULL when there is no such field. */
static struct slice
field_of(struct slice name, char key)
{
	struct slice rest = maildir_base(name), field;

	rest = slice_skip(rest, slice_find(rest, ','));
	while (slice_next(&rest, ',', &field))
		if (field.len > 2 && field.ptr[0] == key && field.ptr[1] == '=')
			return slice_skip(field, 2);
	return slice_of(NULL, 0);
}

bool
maildir_get_size(struct slice name, char key, uint64_t *ret_octets)
{
	struct slice value = field_of(name, key);

	return value.ptr && num_parse(value, INT64_MAX, ret_octets);
}

struct slice
maildir_get_id(struct slice name)
{
	struct slice id = field_of(name, 'E');
	size_t i;

	if (id.len != MAILDIR_ID_LEN)
		return slice_of(NULL, 0);
	for (i = 0; i < id.len; i++)
		if (strchr("0123456789abcdef", id.ptr[i]) == NULL)
			return slice_of(NULL, 0);
	return id;
}

void
maildir_put_unique(
    struct timespec now, unsigned number, const char *host, struct str *out)
{
	size_t i;

	str_appendf(out, "%lld.M%ldP%ldQ%u.", (long long)now.tv_sec,
	    now.tv_nsec / 1000, (long)getpid(), number);
	for (i = 0; i < MAILDIR_HOST_MAX && host[i] != '\0'; i++) {
		char c = host[i];

		if (c == '/' || c == ':' || c == ',' || c <= ' ' || c > '~')
			c = '_';
		str_append_char(out, c);
	}
	if (i == 0)
		str_append_cstr(out, "localhost");
}

void
maildir_put_sizes(uint64_t size, uint64_t crlf, struct str *out)
{
	str_appendf(out, ",S=%llu,W=%llu", (unsigned long long)size,
	    (unsigned long long)crlf);
}

void
maildir_put_id(struct slice id, struct str *out)
{
	str_append_cstr(out, ",E=");
	str_append(out, id);
}

struct maildir_arrival
maildir_get_arrival(struct slice name)
{
	struct maildir_arrival arrival = { 0, 0, name };

	if (!num_eat(&name, INT64_MAX, &arrival.sec) ||
	    !slice_starts(name, ".M"))
		return arrival;
	name = slice_skip(name, 2);
	(void)num_eat(&name, INT64_MAX, &arrival.usec); /* 0 is fine */
	return arrival;
}

int
maildir_compare(
    const struct maildir_arrival *a, const struct maildir_arrival *b)
{
	size_t n = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order;

	if (a->sec != b->sec)
		return a->sec < b->sec ? -1 : 1;
	if (a->usec != b->usec)
		return a->usec < b->usec ? -1 : 1;
	order = n ? memcmp(a->name.ptr, b->name.ptr, n) : 0;
	return order
		   ? order
		   : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}
