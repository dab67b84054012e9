#include "cmd/imapd/commands.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/list.h"
#include "cmd/imapd/mailbox_name.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/special_use.h"
#include "cmd/imapd/status.h"
#include "common/base/mem.h"
#include "common/store/folder.h"

#include <stdlib.h>

/* A LIST or LSUB under way. */
struct listing {
	struct imap *im;
	struct list_wanted wanted;
	struct store_folder *list;
	size_t count;
};

/* All folders; false with the reply set. */
static bool
find_folders(struct listing *l)
{
	struct err err = { 0, "" };
	int rc = store_list(l->im->store, &l->list, &l->count, &err);

	if (rc < 0)
		imap_fail(l->im, rc, &err);
	return rc == 0;
}

static bool
matches(const struct listing *l, struct slice name)
{
	struct slice rest = str_slice(&l->wanted.patterns), pattern;

	while (slice_next(&rest, '\0', &pattern))
		if (mailbox_name_matches(name, pattern))
			return true;
	return false;
}

/* ---- LIST (RFC 5258) ---- */

static void
put_flag(struct str *out, const char *flag)
{
	if (out->ptr[out->len - 1] != '(')
		str_append_char(out, ' ');
	str_append_cstr(out, flag);
}

/* modern: a parent that is no folder is \NonExistent (RFC 5258), which old
 * clients do not know. */
static void
put_flags(struct imap *im, const struct store_folder *folder, bool modern,
    bool subscribed)
{
	struct str *out = &im->conn.out;
	const char *use = special_use_of(im->service->settings, folder->name);

	if (!folder->exists)
		put_flag(out, modern ? "\\NonExistent" : "\\Noselect");
	put_flag(out, folder->children ? "\\HasChildren" : "\\HasNoChildren");
	if (folder->subscribed && subscribed)
		put_flag(out, "\\Subscribed");
	if (use && folder->exists)
		put_flag(out, use);
}

/* What XLIST calls INBOX and our folders (in place of RFC 6154, which was made
 * of it): \Spam, and \AllMail for the archive that all mail goes to. */
static void
put_xlist_use(const struct listing *l, const struct store_folder *folder)
{
	const char *use =
	    special_use_of(l->im->service->settings, folder->name);
	struct str *out = &l->im->conn.out;

	if (folder_is_inbox(slice_from(folder->name)))
		put_flag(out, "\\Inbox");
	if (use && strcmp(use, "\\Junk") == 0)
		put_flag(out, "\\Spam");
	if (use && strcmp(use, "\\Archive") == 0)
		put_flag(out, "\\AllMail");
}

/* childinfo: some folder below it is subscribed (section 3.5). */
static void
tell_folder(
    const struct listing *l, const struct store_folder *folder, bool childinfo)
{
	struct str *out = &l->im->conn.out;

	str_appendf(out, "* %s (", l->wanted.xlist ? "XLIST" : "LIST");
	put_flags(l->im, folder, l->wanted.extended || l->im->conn.rev2,
	    l->wanted.tell & LIST_SUBSCRIBED);
	if (l->wanted.xlist)
		put_xlist_use(l, folder);
	str_appendf(out, ") \"%c\" ", l->im->conn.separator);
	response_mailbox(
	    out, slice_from(folder->name), conn_names(&l->im->conn));
	if (childinfo)
		str_append_cstr(out, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
	str_append_cstr(out, "\r\n");
	if ((l->wanted.tell & LIST_STATUS) && folder->exists)
		status_tell(
		    l->im, slice_from(folder->name), l->wanted.status_items);
	conn_drain(&l->im->conn);
}

void
list_tell_folder(
    struct imap *im, const struct store_folder *folder, struct slice old)
{
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* LIST (");
	put_flags(im, folder, true, true);
	str_appendf(out, ") \"%c\" ", im->conn.separator);
	response_mailbox(out, slice_from(folder->name), conn_names(&im->conn));
	if (old.len) {
		str_append_cstr(out, " (\"OLDNAME\" (");
		response_mailbox(out, old, conn_names(&im->conn));
		str_append_cstr(out, "))");
	}
	str_append_cstr(out, "\r\n");
	conn_drain(&im->conn);
}

/* A folder called name, INBOX in any case. */
static const struct store_folder *
find_folder(const struct listing *l, struct slice name)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (slice_is(name, l->list[i].name) ||
		    (i == 0 && slice_is_nocase(name, "INBOX")))
			return &l->list[i];
	return NULL;
}

void
list_tell_one(struct imap *im, struct slice name, struct slice old)
{
	struct listing l = { .im = im };
	const struct store_folder *folder;
	struct err err;

	if (store_list(im->store, &l.list, &l.count, &err) < 0)
		return; /* the command has been done all the same */
	folder = find_folder(&l, name);
	if (folder)
		list_tell_folder(im, folder, old);
	store_folders_free(l.list, l.count);
}

/* Is the folder one of those that are selected? */
static bool
is_selected(const struct listing *l, const struct store_folder *folder)
{
	if ((l->wanted.select & LIST_SUBSCRIBED) && !folder->subscribed)
		return false;
	if ((l->wanted.select & LIST_SPECIAL_USE) &&
	    (!folder->exists ||
		!special_use_of(l->im->service->settings, folder->name)))
		return false;
	return (l->wanted.select & LIST_SUBSCRIBED) || folder->exists ||
	       folder->children;
}

/* Is there a selected folder below the one of that index?  Those below follow
 * it. */
static bool
has_selected_below(const struct listing *l, size_t at)
{
	size_t len = strlen(l->list[at].name), i;

	for (i = at + 1; i < l->count; i++) {
		const char *name = l->list[i].name;

		if (strncmp(name, l->list[at].name, len) != 0 ||
		    name[len] != '/')
			return false;
		if (is_selected(l, &l->list[i]))
			return true;
	}
	return false;
}

static void
list_folder(const struct listing *l, size_t at)
{
	const struct store_folder *folder = &l->list[at];
	bool below =
	    (l->wanted.select & LIST_RECURSIVE) && has_selected_below(l, at);

	if (!matches(l, slice_from(folder->name)))
		return;
	if (is_selected(l, folder) || below)
		tell_folder(l, folder, below);
}

/* An empty pattern asks for the separator. */
static void
tell_root(struct imap *im)
{
	str_appendf(&im->conn.out, "* %s (\\Noselect) \"%c\" \"\"\r\n",
	    im->conn.row->verb, im->conn.separator);
}

static void
list(struct listing *l, bool parsed)
{
	size_t i;

	if (!parsed)
		(void)0; /* the reply is set */
	else if (l->wanted.root)
		tell_root(l->im);
	else if (find_folders(l))
		for (i = 0; i < l->count; i++)
			list_folder(l, i);
	store_folders_free(l->list, l->count);
	str_release(&l->wanted.patterns);
}

void
cmd_list(void *ctx, struct slice argument)
{
	struct listing l = { .im = ctx };

	list(&l, list_parse(ctx, argument, &l.wanted));
}

void
cmd_xlist(void *ctx, struct slice argument)
{
	struct listing l = { .im = ctx, .wanted = { .xlist = true } };

	list(&l, list_parse_old(ctx, argument, &l.wanted));
}

/* ---- LSUB (RFC 3501 section 6.3.9) ---- */

static void
tell_subscribed(const struct listing *l, const char *flags, const char *name)
{
	struct str *out = &l->im->conn.out;

	str_appendf(out, "* LSUB (%s) \"%c\" ", flags, l->im->conn.separator);
	response_mailbox(out, slice_from(name), conn_names(&l->im->conn));
	str_append_cstr(out, "\r\n");
	conn_drain(&l->im->conn);
}

/*
 * A folder below the one that is told matched nothing itself: "%" stopped at a
 * parent, which is then told once, as \Noselect (6.3.9).  The longest parent
 * that matches is found by cutting levels off.
 */
static bool
matching_parent(
    const struct listing *l, struct slice name, struct slice *ret_parent)
{
	while (name.len > 0) {
		while (name.len > 0 && name.ptr[name.len - 1] != '/')
			name.len--;
		if (name.len == 0)
			return false;
		name.len--;
		if (matches(l, name)) {
			*ret_parent = name;
			return true;
		}
	}
	return false;
}

static int
compare_names(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Tells each of the parents once that is not subscribed itself. */
static void
tell_parents(const struct listing *l, struct slice *parents, size_t n,
    const struct slice *told, size_t ntold)
{
	size_t i;

	if (n == 0)
		return;
	qsort(parents, n, sizeof *parents, compare_names);
	for (i = 0; i < n; i++) {
		STR_AUTO name = STR_INIT;

		if (i > 0 && slice_equal(parents[i], parents[i - 1]))
			continue;
		if (ntold && bsearch(&parents[i], told, ntold, sizeof *told,
				 compare_names))
			continue;
		str_append(&name, parents[i]);
		tell_subscribed(l, "\\Noselect", str_cstr(&name));
	}
}

static void
list_subscribed(const struct listing *l)
{
	struct slice *told = mem_zalloc(l->count + 1, sizeof *told);
	struct slice *parents = mem_zalloc(l->count + 1, sizeof *parents);
	const struct settings *settings = l->im->service->settings;
	size_t i, ntold = 0, nparents = 0;

	for (i = 0; i < l->count; i++) {
		struct slice name = slice_from(l->list[i].name);
		const char *use = special_use_of(settings, name.ptr);

		if (!l->list[i].subscribed)
			continue;
		if (matches(l, name)) {
			told[ntold++] = name;
			tell_subscribed(l, use ? use : "", name.ptr);
		} else if (matching_parent(l, name, &parents[nparents])) {
			nparents++;
		}
	}
	if (ntold)
		qsort(told, ntold, sizeof *told, compare_names);
	tell_parents(l, parents, nparents, told, ntold);
	free(told);
	free(parents);
}

void
cmd_lsub(void *ctx, struct slice argument)
{
	struct listing l = { .im = ctx };

	if (!list_parse_old(ctx, argument, &l.wanted))
		(void)0; /* the reply is set */
	else if (l.wanted.root)
		tell_root(ctx);
	else if (find_folders(&l))
		list_subscribed(&l);
	store_folders_free(l.list, l.count);
	str_release(&l.wanted.patterns);
}

void
cmd_namespace(void *ctx, struct slice argument)
{
	struct conn *conn = ctx;

	(void)argument;
	str_appendf(&conn->out, "* NAMESPACE ((\"\" \"%c\")) NIL NIL\r\n",
	    conn->separator);
}
