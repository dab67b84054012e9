/* Where a user's mail is: a path made of a template. */
#include <ctype.h>
#include <limits.h>

#include "common/svc/settings.h"

static bool
has_control(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (iscntrl((unsigned char)text.ptr[i]))
			return true;
	}
	return false;
}

/* Can text be one component of a path, and no other's? */
static bool
safe_component(struct slice text)
{
	return text.len && text.ptr[0] != '.' &&
	       slice_find(text, '/') == text.len && !has_control(text);
}

/* Is home absolute, and does it go nowhere but down? */
static bool
safe_home(const char *home)
{
	struct slice rest = slice_from(home), part;

	if (home[0] != '/' || has_control(rest))
		return false;
	while (slice_next(&rest, '/', &part)) {
		if (slice_is(part, ".") || slice_is(part, ".."))
			return false;
	}
	return true;
}

/* The local part and the domain, cut at the last '@'. */
static void
split_user(struct slice user, struct slice *ret_local, struct slice *ret_domain)
{
	size_t at = user.len;

	while (at > 0 && user.ptr[at - 1] != '@')
		at--;
	*ret_local = at ? slice_head(user, at - 1) : user;
	*ret_domain = at ? slice_skip(user, at) : slice_head(user, 0);
}

/* What the letter behind a % stands for; false when it must not be used. */
static bool
token_value(
    char letter, struct slice user, const char *home, struct slice *ret_value)
{
	struct slice local, domain;

	split_user(user, &local, &domain);
	switch (letter) {
	case '%':
		*ret_value = slice_from("%");
		return true;
	case 'h':
		*ret_value = slice_from(home);
		return safe_home(home);
	case 'u':
		*ret_value = user;
		break;
	case 'n':
		*ret_value = local;
		break;
	case 'd':
		*ret_value = domain;
		break;
	default:
		return false;
	}
	return safe_component(*ret_value);
}

/* Appends what a letter stands for.  A domain is one folder, however its case
 * is written. */
static void
append_value(char letter, struct slice value, struct str *out)
{
	struct slice local, domain;
	size_t i;

	split_user(value, &local, &domain);
	str_append(out, value);
	if (letter == 'd')
		domain = value;
	else if (letter != 'u')
		return;
	for (i = out->len - domain.len; i < out->len; i++)
		if (out->ptr[i] >= 'A' && out->ptr[i] <= 'Z')
			out->ptr[i] = (char)(out->ptr[i] + ('a' - 'A'));
}

bool
settings_expand_path(
    const char *template, struct slice user, const char *home, struct str *out)
{
	size_t start = out->len;
	const char *p;

	for (p = template; *p; p++) {
		struct slice value;

		if (*p != '%') {
			str_append_char(out, *p);
			continue;
		}
		if (!token_value(*++p, user, home, &value)) {
			str_truncate(out, start);
			return false;
		}
		append_value(*p, value, out);
	}
	if (out->len - start >= PATH_MAX) {
		str_truncate(out, start);
		return false;
	}
	return true;
}
