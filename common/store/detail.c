#include <errno.h>

#include "common/store/detail.h"
#include "common/store/tree.h"

/* What strangers are not to put anything into: mail that its owner throws away
 * unread, or that he takes for his own words. */
static const char *const own_folders[] = { "Deleted Items", "Deleted Messages",
	"Drafts", "Junk", "Junk E-mail", "Outbox", "Sent", "Sent Items",
	"Sent Messages", "Spam", "Templates", "Trash" };

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_separator(const struct detail *detail, char c)
{
	return c == '.' || c == '/' ||
	       (c != '\0' && strchr(detail->delimiters, c) != NULL);
}

/* Is that folder meant?  2: in this very case, 1: in another, 0: no. */
static int
match(const struct detail *detail, const char *name)
{
	const struct slice text = detail->text;
	int result = 2;
	size_t i;

	if (strlen(name) != text.len)
		return 0;
	for (i = 0; i < text.len; i++) {
		if (name[i] == text.ptr[i] ||
		    (name[i] == '/' && is_separator(detail, text.ptr[i])))
			continue;
		if (lower(name[i]) != lower(text.ptr[i]))
			return 0;
		result = 1;
	}
	return result;
}

/* Is the folder the one called above, or below it? */
static bool
is_within(const char *name, const char *above)
{
	struct slice whole = slice_from(name);
	size_t n = strlen(above);

	return n > 0 && slice_starts_nocase(whole, above) &&
	       (whole.len == n || name[n] == '/');
}

static bool
is_own(const struct store *store, const struct detail *detail, const char *name)
{
	const char *ignored = store->config.quota_ignore;
	size_t i;

	for (i = 0; i < sizeof own_folders / sizeof own_folders[0]; i++)
		if (is_within(name, own_folders[i]))
			return true;
	return is_within(name, detail->never) ||
	       (ignored && is_within(name, ignored));
}

int
detail_folder(struct store *store, const struct detail *detail,
    struct str *ret_name, struct err *err)
{
	struct store_folder *folders = NULL;
	const char *found = NULL;
	size_t count = 0, i;
	int best = 0, rc;

	rc = store_list(store, &folders, &count, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < count; i++) {
		const struct store_folder *folder = &folders[i];
		int how = folder->exists ? match(detail, folder->name) : 0;

		if (how <= best || is_own(store, detail, folder->name))
			continue;
		best = how;
		found = folder->name;
	}
	if (found)
		str_append_cstr(ret_name, found);
	store_folders_free(folders, count);
	return found != NULL;
}
