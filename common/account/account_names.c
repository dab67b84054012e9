#include <errno.h>

#include "common/account/account_admin_own.h"

/* ---- names ---- */

/* A domain as it can stand in an address and as a folder. */
static bool
domain_possible(struct slice domain)
{
	size_t i;

	if (domain.len == 0 || domain.ptr[0] == '.' || domain.ptr[0] == '-' ||
	    domain.ptr[domain.len - 1] == '.')
		return false;
	for (i = 0; i < domain.len; i++) {
		unsigned char c = (unsigned char)domain.ptr[i];

		if (c < 0x80 && !strchr("abcdefghijklmnopqrstuvwxyz0123456789-."
					"_",
				    c))
			return false;
		if (c == '.' && domain.ptr[i + 1] == '.')
			return false;
	}
	return true;
}

/* The local part may be any that is no danger as a folder or in a list. */
static bool
local_possible(struct slice local)
{
	size_t i;

	if (local.len == 0 || local.ptr[0] == '.')
		return false;
	for (i = 0; i < local.len; i++)
		if (strchr("/|@\\\"<>, %*:;()", local.ptr[i]))
			return false;
	return true;
}

int
account_admin_parse_name(const char *text, struct str *buffer,
    struct account_name *ret_name, struct err *err)
{
	if (account_name_parse(slice_from(text), buffer, ret_name) &&
	    local_possible(ret_name->local) &&
	    domain_possible(ret_name->domain))
		return 0;
	return err_set(err, EINVAL, "%s: no name like local@domain", text);
}

int
account_admin_parse_domain(const char *text, struct str *buffer,
    struct slice *ret_domain, struct err *err)
{
	struct account_name name;
	STR_AUTO address = STR_INIT;

	str_appendf(&address, "x@%s", text);
	if (strchr(text, '@') ||
	    !account_name_parse(str_slice(&address), buffer, &name) ||
	    !domain_possible(name.domain))
		return err_set(err, EINVAL, "%s: no domain", text);
	*ret_domain = name.domain;
	return 0;
}
