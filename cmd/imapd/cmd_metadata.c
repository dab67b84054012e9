#include "cmd/imapd/commands.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/special_use.h"
#include "common/store/metadata.h"

#include <errno.h>
#include <limits.h>

/* GETMETADATA and SETMETADATA (RFC 5464), of mailboxes and, with an empty name,
 * of all mail.  One user's mail is his alone: what is shared nobody shares. */

static const char get_usage[] =
    "GETMETADATA takes options, a mailbox and names of entries";
static const char set_usage[] =
    "SETMETADATA takes a mailbox and a list of entries with values";
static const char purpose[] = "/private/specialuse"; /* RFC 6154 section 3 */

/* A name or "" into im->name; false, and the reply is set. */
static bool
mailbox_argument(struct imap *im, struct args *args, const char *usage)
{
	struct args ahead = *args;
	struct slice name;

	if (args_astring(&ahead, &name) && name.len == 0) {
		*args = ahead;
		str_clear(&im->name);
		return true;
	}
	return imap_mailbox_argument(im, args, &im->name, usage);
}

static void
fail(struct imap *im, int rc, const struct err *err)
{
	if (rc == -E2BIG)
		conn_no(&im->conn, "METADATA TOOMANY", "Too many entries");
	else
		imap_fail(im, rc, err);
}

static void
begin_response(struct imap *im)
{
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* METADATA ");
	if (im->name.len)
		response_mailbox(
		    out, str_slice(&im->name), conn_names(&im->conn));
	else
		str_append_cstr(out, "\"\"");
	str_append_cstr(out, " (");
}

/* ---- GETMETADATA (section 4.2) ---- */

struct get {
	struct imap *im;
	struct metadata metadata;
	struct slice names[METADATA_ENTRIES_MAX];
	size_t count;
	uint64_t max_size; /* of a value that is told */
	unsigned depth;    /* levels below the names */
	uint64_t longest;  /* value that was too long; 0 for none */
	bool begun;        /* the response */
};

static bool
parse_depth(struct args *args, unsigned *ret_depth)
{
	struct slice word;

	if (!args_atom(args, &word))
		return false;
	if (slice_is(word, "0"))
		*ret_depth = 0;
	else if (slice_is(word, "1"))
		*ret_depth = 1;
	else if (slice_is_nocase(word, "infinity"))
		*ret_depth = UINT_MAX;
	else
		return args_fail(args);
	return true;
}

/* "(" ["MAXSIZE" SP number] ["DEPTH" SP depth] ")" SP */
static bool
parse_options(struct get *get, struct args *args)
{
	struct slice name;
	bool first = true;

	(void)args_open(args); /* sticks */
	while (args_more(args, first)) {
		first = false;
		if (!args_atom(args, &name) || !args_space(args))
			return false;
		if (slice_is_nocase(name, "MAXSIZE"))
			(void)args_number(args, UINT32_MAX, &get->max_size);
		else if (slice_is_nocase(name, "DEPTH"))
			(void)parse_depth(args, &get->depth); /* sticks */
		else
			return args_fail(args);
	}
	return !args->bad && args_space(args);
}

/* The grammar has the options before the mailbox, the RFC's examples behind:
 * names begin with "/". */
static bool
has_options(const struct args *args)
{
	return args->rest.len > 1 && args->rest.ptr[0] == '(' &&
	       strchr("/\"{", args->rest.ptr[1]) == NULL;
}

static bool
add_name(struct get *get, struct args *args)
{
	struct slice name;

	if (!args_astring(args, &name) || !metadata_name_valid(name) ||
	    get->count == METADATA_ENTRIES_MAX)
		return args_fail(args);
	get->names[get->count++] = name;
	return true;
}

static bool
parse_names(struct get *get, struct args *args)
{
	bool first = true;

	if (args_peek(args) != '(')
		return add_name(get, args) && args_end(args);
	(void)args_open(args); /* sticks */
	while (args_more(args, first)) {
		first = false;
		if (!add_name(get, args))
			return false;
	}
	return !first && args_end(args);
}

/* False, and the reply is set. */
static bool
parse_get(struct get *get, struct slice argument)
{
	struct args args;

	conn_args(&get->im->conn, argument, &args);
	if ((!has_options(&args) || parse_options(get, &args)) &&
	    !mailbox_argument(get->im, &args, get_usage))
		return false;
	if (!args.bad && args_space(&args) &&
	    (!has_options(&args) || parse_options(get, &args)) &&
	    parse_names(get, &args))
		return true;
	conn_bad(&get->im->conn, get_usage);
	return false;
}

static void
tell_entry(struct get *get, struct slice name, struct slice value)
{
	struct str *out = &get->im->conn.out;

	if (value.ptr && value.len > get->max_size) {
		if (value.len > get->longest)
			get->longest = value.len;
		return;
	}
	if (get->begun)
		str_append_char(out, ' ');
	else
		begin_response(get->im);
	get->begun = true;
	response_astring(out, name);
	str_append_char(out, ' ');
	if (value.ptr && slice_find(value, '\0') < value.len)
		str_append_char(out, '~'); /* what follows is a literal */
	response_nstring(out, value);
	conn_drain(&get->im->conn);
}

/* Does name lie below top, at most so many levels? */
static bool
is_below(struct slice name, struct slice top, unsigned depth)
{
	unsigned levels = 0;
	size_t i;

	if (name.len <= top.len || name.ptr[top.len] != '/' ||
	    metadata_compare(slice_head(name, top.len), top) != 0)
		return false;
	for (i = top.len; i < name.len; i++)
		levels += name.ptr[i] == '/';
	return levels <= depth;
}

/* A name that has no value is NIL, unless those below it are wanted. */
static void
tell_name(struct get *get, struct slice name)
{
	struct slice value = metadata_find(&get->metadata, name);
	size_t i;

	if (value.ptr || get->depth == 0)
		tell_entry(get, name, value);
	for (i = 0; get->depth && i < get->metadata.count; i++) {
		const struct metadata_entry *entry = &get->metadata.entries[i];

		if (is_below(entry->name, name, get->depth))
			tell_entry(get, entry->name, entry->value);
	}
}

/* What the folder is for is said by the settings. */
static void
add_purpose(struct get *get)
{
	struct imap *im = get->im;
	const char *use =
	    special_use_of(im->service->settings, str_cstr(&im->name));
	struct metadata_entry entry = { slice_from(purpose),
		slice_from(use ? use : "") };
	STR_AUTO text = STR_INIT;

	if (use == NULL)
		return;
	/* the text is not wanted, and one entry too many does no harm here */
	(void)metadata_change(&get->metadata, &entry, 1, &text);
}

static void
tell_get(struct get *get)
{
	struct conn *conn = &get->im->conn;
	size_t i;

	add_purpose(get);
	for (i = 0; i < get->count; i++)
		tell_name(get, get->names[i]);
	if (get->begun)
		str_append_cstr(&conn->out, ")\r\n");
	if (get->longest == 0)
		return;
	str_appendf(&conn->code_made, "METADATA LONGENTRIES %llu",
	    (unsigned long long)get->longest);
	conn_ok(conn, str_cstr(&conn->code_made), NULL);
}

void
cmd_getmetadata(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct get get = { .im = im, .max_size = UINT64_MAX };
	struct err err = { 0, "" };
	int rc;

	if (!parse_get(&get, argument))
		return;
	rc =
	    metadata_read(im->store, str_slice(&im->name), &get.metadata, &err);
	if (rc < 0)
		fail(im, rc, &err);
	else
		tell_get(&get);
	metadata_release(&get.metadata);
}

/* ---- SETMETADATA (section 4.3) ---- */

struct set {
	struct metadata_entry changes[METADATA_ENTRIES_MAX];
	size_t count;
	bool too_large; /* some value is */
	bool purpose;   /* one says what the folder is for, and not rightly */
};

/* The special use of a folder is the settings' to say. */
static bool
is_wrong_purpose(struct imap *im, const struct metadata_entry *entry)
{
	const char *use =
	    special_use_of(im->service->settings, str_cstr(&im->name));

	if (!slice_is_nocase(entry->name, purpose))
		return false;
	return use == NULL ? entry->value.len > 0
			   : !slice_is_nocase(entry->value, use);
}

static bool
parse_entries(struct imap *im, struct set *set, struct args *args)
{
	struct metadata_entry entry;
	bool first = true;

	if (!args_space(args) || !args_open(args))
		return false;
	while (args_more(args, first)) {
		first = false;
		if (set->count == METADATA_ENTRIES_MAX ||
		    !args_astring(args, &entry.name) ||
		    !metadata_name_valid(entry.name) || !args_space(args) ||
		    !args_nstring8(args, &entry.value))
			return args_fail(args);
		set->too_large |= entry.value.len > METADATA_VALUE_MAX;
		if (is_wrong_purpose(im, &entry))
			set->purpose = true;
		else if (!slice_is_nocase(entry.name, purpose))
			set->changes[set->count++] = entry;
	}
	return !first && args_end(args);
}

void
cmd_setmetadata(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct set set = { .count = 0 };
	struct err err = { 0, "" };
	struct args args;
	int rc;

	conn_args(&im->conn, argument, &args);
	if (!mailbox_argument(im, &args, set_usage))
		return;
	if (!parse_entries(im, &set, &args)) {
		conn_bad(&im->conn, set_usage);
		return;
	}
	if (set.too_large) {
		str_appendf(&im->conn.code_made, "METADATA MAXSIZE %d",
		    METADATA_VALUE_MAX);
		conn_no(&im->conn, str_cstr(&im->conn.code_made),
		    "Value is too large");
		return;
	}
	if (set.purpose) {
		conn_no(&im->conn, "USEATTR", "Not the folder for that");
		return;
	}
	rc = metadata_write(
	    im->store, str_slice(&im->name), set.changes, set.count, &err);
	if (rc < 0)
		fail(im, rc, &err);
}
