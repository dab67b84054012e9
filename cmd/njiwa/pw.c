/* pw: hashes of passwords, as doveadm pw makes and checks them. */
#include <stdio.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/password.h"
#include "common/account/passhash.h"

#define DEFAULT_SCHEME "CRYPT"

static int
list_schemes(void)
{
	const char *name;
	size_t i;

	for (i = 0; (name = passhash_scheme_name(i)) != NULL; i++)
		printf("%s%s", i ? " " : "", name);
	printf("\n");
	return EX_OK;
}

/* Is the password the one of hash? */
static int
verify(struct tool *tool, const char *hash)
{
	const char *password = "";
	int status = password_get(tool, PASSWORD_ONCE, &password);

	if (status != EX_OK)
		return status;
	if (!passhash_check(slice_from(hash), slice_from(password)))
		return tool_fail(tool, EX_NOPERM,
		    "the password is not the one of this hash");
	printf("%s (verified)\n", hash);
	return EX_OK;
}

int
cmd_pw(struct tool *tool)
{
	const char *scheme = tool->option['s'], *password = "";
	STR_AUTO hash = STR_INIT;
	struct err err = { 0 };
	int rc;

	if (tool->option['l'])
		return list_schemes();
	if (tool->option['t'])
		return verify(tool, tool->option['t']);
	rc = password_get(tool, PASSWORD_TWICE, &password);
	if (rc != EX_OK)
		return rc;
	rc = passhash_make(scheme ? scheme : DEFAULT_SCHEME,
	    slice_from(password), &hash, &err);
	if (rc < 0)
		return tool_fail_err(tool, NULL, rc, &err);
	if (!passhash_check(str_slice(&hash), slice_from(password)))
		return tool_fail(tool, EX_SOFTWARE,
		    "the new hash does not fit its password");
	printf(
	    "%s%s\n", str_cstr(&hash), tool->option['V'] ? " (verified)" : "");
	return EX_OK;
}
