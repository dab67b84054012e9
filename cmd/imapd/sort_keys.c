#include "cmd/imapd/sort_keys.h"

#include "cmd/imapd/envelope.h"
#include "common/msg/base_subject.h"
#include "common/msg/casemap.h"
#include "common/msg/header.h"
#include "common/msg/words.h"

#define NO_FIELD FIELD_COUNT

/* How the text of a key is made of its field, unfolded; NULL: it has none. */
typedef void make_text(struct slice text, struct str *out);

static make_text subject_text, mailbox_text, display_text;

static const struct {
	const char *name;
	enum message_field field;
	make_text *make;
} keys[SORT_KEYS] = {
	/* clang-format off */
	[SORT_ARRIVAL]     = { "ARRIVAL",     NO_FIELD,      NULL },
	[SORT_CC]          = { "CC",          FIELD_CC,      mailbox_text },
	[SORT_DATE]        = { "DATE",        FIELD_DATE,    NULL },
	[SORT_DISPLAYFROM] = { "DISPLAYFROM", FIELD_FROM,    display_text },
	[SORT_DISPLAYTO]   = { "DISPLAYTO",   FIELD_TO,      display_text },
	[SORT_FROM]        = { "FROM",        FIELD_FROM,    mailbox_text },
	[SORT_SIZE]        = { "SIZE",        NO_FIELD,      NULL },
	[SORT_SUBJECT]     = { "SUBJECT",     FIELD_SUBJECT, subject_text },
	[SORT_TO]          = { "TO",          FIELD_TO,      mailbox_text },
	/* clang-format on */
};

/* ---- what was asked for ---- */

static bool
find_key(struct slice name, enum sort_key *ret_key)
{
	unsigned i;

	for (i = 0; i < SORT_KEYS; i++) {
		if (!slice_is_nocase(name, keys[i].name))
			continue;
		*ret_key = (enum sort_key)i;
		return true;
	}
	return false;
}

/* The same key again would never decide. */
static void
add_key(struct sort_criteria *criteria, enum sort_key key, bool reverse)
{
	size_t i;

	for (i = 0; i < criteria->count; i++)
		if (criteria->list[i].key == key)
			return;
	criteria->list[criteria->count].key = key;
	criteria->list[criteria->count++].reverse = reverse;
	if (keys[key].field != NO_FIELD)
		criteria->fields |= 1u << keys[key].field;
}

bool
sort_parse_criteria(struct args *args, struct sort_criteria *ret_criteria)
{
	bool first = true, reverse = false;
	enum sort_key key;
	struct slice name;

	*ret_criteria = (struct sort_criteria){ .count = 0 };
	(void)args_open(args); /* sticks */
	while (args_more(args, first)) {
		first = false;
		if (!args_name(args, false, &name))
			return false;
		if (!reverse && slice_is_nocase(name, "REVERSE")) {
			reverse = true;
			continue;
		}
		if (!find_key(name, &key))
			return args_fail(args);
		add_key(ret_criteria, key, reverse);
		reverse = false;
	}
	return !args->bad && !first && !reverse ? true : args_fail(args);
}

/* ---- texts ---- */

static void
subject_text(struct slice text, struct str *out)
{
	bool reply;

	base_subject(text, out, &reply);
}

/* addr-mailbox of the first address, a group's name where it is one. */
static void
put_mailbox(void *ctx, const struct envelope_address *address)
{
	struct str *out = ctx;

	words_decode(address->local, out);
}

static void
mailbox_text(struct slice text, struct str *out)
{
	(void)envelope_each_address(
	    text, 1, put_mailbox, out); /* one or none */
}

/* display-name of the first address, or else the address (RFC 5957). */
static void
put_display(void *ctx, const struct envelope_address *address)
{
	struct str *out = ctx;

	if (address->name.len) {
		words_decode(address->name, out);
		return;
	}
	words_decode(address->local, out);
	if (address->domain.len) {
		str_append_char(out, '@');
		words_decode(address->domain, out);
	}
}

static void
display_text(struct slice text, struct str *out)
{
	(void)envelope_each_address(
	    text, 1, put_display, out); /* one or none */
}

bool
sort_key_is_text(enum sort_key key)
{
	return keys[key].make != NULL;
}

void
sort_key_text(
    enum sort_key key, const struct message_fields *fields, struct str *out)
{
	STR_AUTO line = STR_INIT;
	STR_AUTO text = STR_INIT;
	struct slice body = fields->bodies[keys[key].field];

	if (body.ptr == NULL)
		return;
	header_unfold(body, &line);
	keys[key].make(str_slice(&line), &text);
	casemap_order(str_slice(&text), out);
}
