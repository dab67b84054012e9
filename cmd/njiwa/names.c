/* What a name may be made of. */
#include <ctype.h>
#include <errno.h>

#include "cmd/njiwa/names.h"

static bool
label_good(struct slice label)
{
	size_t i;

	if (label.len == 0 || label.len > NAMES_LABEL_MAX ||
	    label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return false;
	for (i = 0; i < label.len; i++) {
		unsigned char c = (unsigned char)label.ptr[i];

		if (c > 127 || (!isalnum(c) && c != '-'))
			return false;
	}
	return true;
}

static int
append_domain(struct slice text, struct str *out, struct err *err)
{
	struct slice rest = text, label;
	size_t i;

	if (text.len == 0 || text.len > NAMES_DOMAIN_MAX)
		return err_set(err, EINVAL,
		    "a domain has from 1 to %d characters", NAMES_DOMAIN_MAX);
	while (slice_next(&rest, '.', &label)) {
		if (!label_good(label))
			return err_set(err, EINVAL,
			    "\"%.*s\" cannot be a domain: letters, digits and "
			    "inner hyphens between single dots (international "
			    "names as xn--...)",
			    SLICE_FMT(text));
	}
	for (i = 0; i < text.len; i++)
		str_append_char(out, (char)tolower((unsigned char)text.ptr[i]));
	return 0;
}

int
names_domain(const char *text, struct str *out, struct err *err)
{
	str_clear(out);
	return append_domain(slice_from(text), out, err);
}

static bool
atom_good(struct slice atom)
{
	/* atext but for '/', '|', '%' and '*' */
	static const char marks[] = "!#$&'+-=?^_`{}~";
	size_t i;

	for (i = 0; i < atom.len; i++) {
		unsigned char c = (unsigned char)atom.ptr[i];

		if (c == '\0' || c > 127 || (!isalnum(c) && !strchr(marks, c)))
			return false;
	}
	return atom.len > 0;
}

static bool
local_good(struct slice local)
{
	struct slice atom;

	if (local.len == 0 || local.len > NAMES_LOCAL_MAX)
		return false;
	while (slice_next(&local, '.', &atom)) {
		if (!atom_good(atom))
			return false;
	}
	return true;
}

int
names_address(const char *text, struct str *out, struct err *err)
{
	struct slice all = slice_from(text);
	size_t at = slice_find(all, '@');

	str_clear(out);
	if (at == all.len)
		return err_set(err, EINVAL,
		    "\"%.100s\" is not an address: there is no @", text);
	if (!local_good(slice_head(all, at)))
		return err_set(err, EINVAL,
		    "\"%.100s\": the part before the @ has from 1 to %d "
		    "letters, digits or any of !#$&'+-=?^_`{}~, and single "
		    "dots between them",
		    text, NAMES_LOCAL_MAX);
	str_append(out, slice_head(all, at + 1));
	return append_domain(slice_skip(all, at + 1), out, err);
}
