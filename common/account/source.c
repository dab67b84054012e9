#include "common/account/source.h"
#include "common/base/enc.h"

/* Lower case of ASCII letters; locales have no part in names. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
octets_possible(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	return enc_utf8_valid(text);
}

/* A database may take a domain with blanks behind it for the one without. */
static bool
domain_possible(struct slice domain)
{
	return slice_find(domain, ' ') == domain.len;
}

bool
account_name_parse(
    struct slice address, struct str *buffer, struct account_name *ret_name)
{
	size_t at = address.len;
	size_t i;

	if (address.len == 0 || address.len > ACCOUNT_NAME_MAX ||
	    !octets_possible(address))
		return false;
	while (at > 0 && address.ptr[at - 1] != '@')
		at--;
	if (at > 0 && !domain_possible(slice_skip(address, at)))
		return false;
	str_set(buffer, address);
	for (i = at; at > 0 && i < buffer->len; i++)
		buffer->ptr[i] = lower(buffer->ptr[i]);
	ret_name->user = str_slice(buffer);
	ret_name->local =
	    at ? slice_head(ret_name->user, at - 1) : ret_name->user;
	ret_name->domain =
	    slice_skip(ret_name->user, at ? at : ret_name->user.len);
	return true;
}

bool
account_name_split(const struct account_name *name, const char *delimiters,
    struct str *buffer, struct account_name *ret_base, struct slice *ret_detail)
{
	size_t at = 1;

	while (at < name->local.len &&
	       (name->local.ptr[at] == '\0' ||
		   strchr(delimiters, name->local.ptr[at]) == NULL))
		at++;
	if (at >= name->local.len)
		return false;
	*ret_detail = slice_skip(name->local, at + 1);
	str_set(buffer, slice_head(name->local, at));
	str_append_char(buffer, '@');
	str_append(buffer, name->domain);
	ret_base->user = str_slice(buffer);
	ret_base->local = slice_head(ret_base->user, at);
	ret_base->domain = slice_skip(ret_base->user, at + 1);
	return true;
}
