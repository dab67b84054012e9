#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/store/courier.h"
#include "common/store/maildir.h"

/* What is known of a message. */
struct entry {
	struct slice base;
	uint32_t uid;              /* 0: none, or none that is sure */
	uint32_t number, validity; /* POP3's */
	bool has_id;               /* by POP3 */
	bool uid_doubted;          /* two lines say different things */
	bool id_doubted;
};

struct entries {
	struct entry *list;
	size_t count, cap;
};

/* ---- lines ---- */

/* The next line that has an end and is not too long; without it. */
static bool
next_line(struct slice *rest, struct slice *ret_line)
{
	while (rest->len) {
		size_t end = slice_find(*rest, '\n');

		if (end == rest->len)
			return false;
		*ret_line = slice_head(*rest, end);
		*rest = slice_skip(*rest, end + 1);
		if (end <= UIDLIST_LINE_MAX)
			return true;
	}
	return false;
}

/* A number with a blank behind it; both are eaten. */
static bool
eat_word(struct slice *rest, uint32_t *ret_value)
{
	uint64_t value;

	if (!num_eat(rest, UINT32_MAX, &value) || rest->len == 0 ||
	    rest->ptr[0] != ' ')
		return false;
	*rest = slice_skip(*rest, 1);
	*ret_value = (uint32_t)value;
	return true;
}

static bool
eat_last(struct slice rest, uint32_t *ret_value)
{
	uint64_t value;

	if (!num_parse(rest, UINT32_MAX, &value))
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

/* Can it be a message's name without flags?  One that cannot is nobody's. */
static bool
is_base(struct slice name)
{
	return maildir_is_message(name) &&
	       memchr(name.ptr, '\0', name.len) == NULL;
}

static void
add(struct entries *entries, const struct entry *entry)
{
	if (entries->count >= COURIER_ENTRIES_MAX)
		return;
	entries->list = mem_grow(entries->list, &entries->cap,
	    entries->count + 1, sizeof *entries->list);
	entries->list[entries->count++] = *entry;
}

/* ---- courierimapuiddb ---- */

static bool
eat_uids_header(struct slice *rest, struct uidlist_header *header)
{
	uint32_t version, validity, next;
	struct slice line;

	if (!next_line(rest, &line) || !eat_word(&line, &version) ||
	    version != 1 || !eat_word(&line, &validity) || validity == 0 ||
	    !eat_last(line, &next) || next == 0 || next > UIDLIST_UID_MAX)
		return false;
	header->uidvalidity = validity;
	header->nextuid = next;
	return true;
}

/* Whatever uid a line says was perhaps given out: none of them is again. */
static void
read_uids(
    struct slice rest, struct uidlist_header *header, struct entries *entries)
{
	struct entry entry = { .has_id = false };
	struct slice line;

	if (!eat_uids_header(&rest, header))
		return;
	while (next_line(&rest, &line)) {
		if (!eat_word(&line, &entry.uid) || entry.uid == 0 ||
		    entry.uid >= UIDLIST_UID_MAX)
			continue;
		if (entry.uid >= header->nextuid)
			header->nextuid = entry.uid + 1;
		entry.base = maildir_base(line);
		if (is_base(entry.base))
			add(entries, &entry);
	}
}

/* ---- courierpop3dsizelist ---- */

/* Cuts the last word off the line, which is one that has no blank in it. */
static bool
cut_last_word(struct slice *line, struct slice *ret_word)
{
	size_t at = line->len;

	while (at && line->ptr[at - 1] != ' ')
		at--;
	if (at == 0)
		return false;
	*ret_word = slice_skip(*line, at);
	line->len = at - 1;
	return true;
}

static bool
read_pop3_line(struct slice line, struct entry *entry)
{
	struct slice ids, octets, number, validity;
	uint64_t size;

	if (!cut_last_word(&line, &ids) || !cut_last_word(&line, &octets) ||
	    !num_parse(octets, UINT64_MAX, &size) ||
	    !slice_next(&ids, ':', &number) ||
	    !slice_next(&ids, ':', &validity))
		return false;
	entry->base = maildir_base(line);
	return is_base(entry->base) && eat_last(number, &entry->number) &&
	       eat_last(validity, &entry->validity);
}

static void
read_pop3(struct slice rest, struct entries *entries)
{
	struct entry entry = { .has_id = true };
	struct slice line;

	if (!next_line(&rest, &line) ||
	    !(slice_starts(line, "/3 ") || slice_starts(line, "/2 ")))
		return;
	while (next_line(&rest, &line))
		if (read_pop3_line(line, &entry))
			add(entries, &entry);
}

/* ---- what is sure ---- */

static int
by_base(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t n = x->base.len < y->base.len ? x->base.len : y->base.len;
	int order = memcmp(x->base.ptr, y->base.ptr, n);

	return order
		   ? order
		   : (x->base.len > y->base.len) - (x->base.len < y->base.len);
}

static int
by_uid(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

static int
by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = (x->number > y->number) - (x->number < y->number);

	return order
		   ? order
		   : (x->validity > y->validity) - (x->validity < y->validity);
}

static void
sort(struct entries *entries, int (*order)(const void *, const void *))
{
	if (entries->count)
		qsort(entries->list, entries->count, sizeof *entries->list,
		    order);
}

/* Marks the uids, or ids, that lines of two messages have. */
static void
mark_shared(struct entries *entries, bool ids)
{
	size_t i;

	sort(entries, ids ? by_id : by_uid);
	for (i = 1; i < entries->count; i++) {
		struct entry *a = &entries->list[i - 1], *b = a + 1;

		if (by_base(a, b) == 0)
			continue;
		if (ids && a->has_id && b->has_id && a->number &&
		    by_id(a, b) == 0)
			a->id_doubted = b->id_doubted = true;
		if (!ids && a->uid && a->uid == b->uid)
			a->uid_doubted = b->uid_doubted = true;
	}
}

/* Adds what another line says of the same message. */
static void
join(struct entry *entry, const struct entry *more)
{
	entry->uid_doubted |= more->uid_doubted || (entry->uid && more->uid &&
						       entry->uid != more->uid);
	if (entry->uid == 0)
		entry->uid = more->uid;
	if (!more->has_id)
		return;
	entry->id_doubted |=
	    more->id_doubted || (entry->has_id && by_id(entry, more) != 0);
	entry->has_id = true;
	entry->number = more->number;
	entry->validity = more->validity;
}

/* One entry for each message, with what is sure. */
static void
join_all(struct entries *entries)
{
	size_t i, n = 0;

	sort(entries, by_base);
	for (i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->list[i];

		if (n && by_base(&entries->list[n - 1], entry) == 0)
			join(&entries->list[n - 1], entry);
		else
			entries->list[n++] = *entry;
	}
	entries->count = n;
	for (i = 0; i < n; i++) {
		struct entry *entry = &entries->list[i];

		if (entry->uid_doubted)
			entry->uid = 0;
		entry->has_id &= !entry->id_doubted;
	}
}

/* ---- the list ---- */

/* As Courier's POP3 server tells it; number 0 is the oldest of its ways. */
static void
put_id(const struct entry *entry, struct str *out)
{
	size_t i;

	if (entry->number && entry->validity)
		str_appendf(out, "UID%u-%u", entry->number, entry->validity);
	else if (entry->number)
		str_appendf(out, "UID%u", entry->number);
	for (i = 0; entry->number == 0 && i < entry->base.len; i++) {
		unsigned char c = (unsigned char)entry->base.ptr[i];

		if (c <= ' ' || c > '~' || strchr("'\"+", c))
			str_appendf(out, "+%02X", c);
		else
			str_append_char(out, (char)c);
	}
}

static void
put_entry(const struct entry *entry, struct str *out)
{
	struct uidlist_entry line = { .uid = entry->uid, .base = entry->base };
	STR_AUTO field = STR_INIT;

	if (entry->has_id) {
		str_append_char(&field, 'P');
		put_id(entry, &field);
		if (field.len <= COURIER_UIDL_MAX + 1)
			line.fields = str_slice(&field);
	}
	uidlist_put_entry(&line, out);
}

/* Those with a uid, then those that POP3 alone knows, in its order. */
static void
put_all(struct entries *entries, struct uidlist_header *header, struct str *out)
{
	size_t i;

	sort(entries, by_id);
	for (i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->list[i];

		if (entry->uid == 0 && entry->has_id &&
		    header->nextuid < UIDLIST_UID_MAX)
			entry->uid = header->nextuid++;
	}
	sort(entries, by_uid);
	for (i = 0; i < entries->count; i++)
		if (entries->list[i].uid)
			put_entry(&entries->list[i], out);
}

bool
courier_make_list(struct slice uids, struct slice pop3,
    struct uidlist_header *ret_header, struct str *ret_entries)
{
	struct uidlist_header header = { .version = 3, .nextuid = 1 };
	struct entries entries = { NULL, 0, 0 };
	bool any;

	read_uids(uids, &header, &entries);
	read_pop3(pop3, &entries);
	mark_shared(&entries, true);
	mark_shared(&entries, false);
	join_all(&entries);
	any = header.uidvalidity != 0 || entries.count > 0;
	if (any) {
		put_all(&entries, &header, ret_entries);
		*ret_header = header;
	}
	free(entries.list);
	return any;
}

void
courier_put_subscriptions(struct slice text, struct str *out)
{
	struct slice line;

	while (next_line(&text, &line)) {
		if (slice_starts_nocase(line, "INBOX.") &&
		    line.len > strlen("INBOX."))
			line = slice_skip(line, strlen("INBOX."));
		else if (!slice_is_nocase(line, "INBOX"))
			continue;
		str_append(out, line);
		str_append_char(out, '\n');
	}
}
