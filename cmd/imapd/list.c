#include "cmd/imapd/commands.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/mailbox_name.h"
#include "cmd/imapd/response.h"
#include "common/base/mem.h"
#include "common/store/mutf7.h"

#include <stdlib.h>

static const char list_usage[] = "A reference and a pattern are needed";

/* Reference and pattern as one pattern in UTF-8; false, with the reply set or
 * nothing to be found.  *ret_root: the pattern was empty, which asks for the
 * separator. */
static bool
parse_pattern(
    struct imap *im, struct slice argument, struct str *pattern, bool *ret_root)
{
	struct slice reference, wanted;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_astring(&args, &reference) || !args_space(&args) ||
	    !args_pattern(&args, &wanted) || !args_end(&args)) {
		conn_bad(&im->conn, list_usage);
		return false;
	}
	*ret_root = wanted.len == 0;
	if (*ret_root)
		return true;
	return reference.len + wanted.len <= MAILBOX_NAME_MAX &&
	       mutf7_decode(reference, pattern) &&
	       mutf7_decode(wanted, pattern);
}

static void
tell_folder(
    struct imap *im, const char *verb, const char *flags, const char *name)
{
	struct str *out = &im->conn.out;

	str_appendf(out, "* %s (%s) \"/\" ", verb, flags);
	response_mailbox(out, slice_from(name));
	str_append_cstr(out, "\r\n");
	conn_drain(&im->conn);
}

static void
tell_root(struct imap *im)
{
	str_appendf(&im->conn.out, "* %s (\\Noselect) \"/\" \"\"\r\n",
	    im->conn.row->verb);
}

/* All folders; false with the reply set. */
static bool
folders(struct imap *im, struct store_folder **ret_list, size_t *ret_count)
{
	struct err err = { 0, "" };
	int rc = store_list(im->store, ret_list, ret_count, &err);

	if (rc < 0)
		imap_fail(im, rc, &err);
	return rc == 0;
}

static const char *
list_flags(const struct store_folder *folder)
{
	if (!folder->exists)
		return "\\Noselect \\HasChildren"; /* why it is listed */
	return folder->children ? "\\HasChildren" : "\\HasNoChildren";
}

void
cmd_list(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	STR_AUTO pattern = STR_INIT;
	struct store_folder *list;
	size_t count, i;
	bool root = false;

	if (!parse_pattern(im, argument, &pattern, &root))
		return;
	if (root) {
		tell_root(im);
		return;
	}
	if (!folders(im, &list, &count))
		return;
	for (i = 0; i < count; i++)
		if ((list[i].exists || list[i].children) &&
		    mailbox_name_matches(
			slice_from(list[i].name), str_slice(&pattern)))
			tell_folder(
			    im, "LIST", list_flags(&list[i]), list[i].name);
	store_folders_free(list, count);
}

/*
 * A folder below the one that is told matched nothing itself: "%" stopped at a
 * parent, which is then told once, as \Noselect (6.3.9).  The longest parent
 * that matches is found by cutting levels off.
 */
static bool
matching_parent(struct slice name, struct slice pattern, struct slice *ret)
{
	while (name.len > 0) {
		while (name.len > 0 && name.ptr[name.len - 1] != '/')
			name.len--;
		if (name.len == 0)
			return false;
		name.len--;
		if (mailbox_name_matches(name, pattern)) {
			*ret = name;
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
tell_parents(struct imap *im, struct slice *parents, size_t n,
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
		tell_folder(im, "LSUB", "\\Noselect", str_cstr(&name));
	}
}

static void
list_subscribed(struct imap *im, const struct store_folder *list, size_t count,
    struct slice pattern)
{
	struct slice *told = mem_zalloc(count + 1, sizeof *told);
	struct slice *parents = mem_zalloc(count + 1, sizeof *parents);
	size_t i, ntold = 0, nparents = 0;

	for (i = 0; i < count; i++) {
		struct slice name = slice_from(list[i].name);

		if (!list[i].subscribed)
			continue;
		if (mailbox_name_matches(name, pattern)) {
			told[ntold++] = name;
			tell_folder(im, "LSUB", "", list[i].name);
		} else if (matching_parent(name, pattern, &parents[nparents])) {
			nparents++;
		}
	}
	if (ntold)
		qsort(told, ntold, sizeof *told, compare_names);
	tell_parents(im, parents, nparents, told, ntold);
	free(told);
	free(parents);
}

void
cmd_lsub(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	STR_AUTO pattern = STR_INIT;
	struct store_folder *list;
	bool root = false;
	size_t count;

	if (!parse_pattern(im, argument, &pattern, &root))
		return;
	if (root) {
		tell_root(im);
		return;
	}
	if (!folders(im, &list, &count))
		return;
	list_subscribed(im, list, count, str_slice(&pattern));
	store_folders_free(list, count);
}

void
cmd_namespace(void *ctx, struct slice argument)
{
	struct conn *conn = ctx;

	(void)argument;
	str_append_cstr(&conn->out, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
}
