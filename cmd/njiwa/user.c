/* user: mailboxes and their passwords. */
#include <errno.h>
#include <stdio.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/mailbox.h"
#include "cmd/njiwa/names.h"
#include "cmd/njiwa/password.h"
#include "common/account/passhash.h"
#include "common/base/num.h"

#define ID_MAX 4294967294 /* the greatest uid or gid */

/* The number of an option, or fallback without one. */
static bool
number_option(const struct tool *tool, char letter, int64_t *value)
{
	const char *text = tool->option[(unsigned char)letter];
	uint64_t number;

	if (text == NULL)
		return true;
	if (!num_parse(slice_from(text), ID_MAX, &number)) {
		tool_say(tool, "-%c %s: not a number up to %lld", letter, text,
		    (long long)ID_MAX);
		return false;
	}
	*value = (int64_t)number;
	return true;
}

/* Asks for the password, which stays in the arena, and makes its hash. */
static int
make_hash(struct tool *tool, struct str *hash, const char **ret_password)
{
	const char *scheme = tool->option['s'], *password = "";
	struct err err = { 0 };
	int rc = password_get(tool, PASSWORD_TWICE, &password);

	*ret_password = password;
	if (rc != EX_OK)
		return rc;
	if (scheme == NULL)
		scheme = tool->settings.rehash_scheme;
	rc = passhash_make(scheme, slice_from(password), hash, &err);
	return rc < 0 ? tool_fail_err(tool, NULL, rc, &err) : EX_OK;
}

/* Makes the keys for SCRAM, where they are wanted.  The password is good
 * without them. */
static void
make_keys(struct tool *tool, const char *name, const struct str *hash,
    const char *password)
{
	struct err err = { 0 };

	if (account_admin_scram_set(
		tool->admin, name, str_cstr(hash), password, &err) < 0)
		tool_say(tool, "%s: no keys for SCRAM: %s", name, err.text);
}

/* Where the predecessor has the home of a new user: below mail_root. */
static void
make_home(const struct tool *tool, const char *name, struct str *out)
{
	struct slice all = slice_from(name), root;
	size_t at = slice_find(all, '@');

	root = slice_from(tool->settings.mail_root);
	while (root.len && root.ptr[root.len - 1] == '/')
		root.len--;
	str_append(out, root);
	str_append_char(out, '/');
	str_append(out, slice_skip(all, at + 1));
	str_append_char(out, '/');
	str_append(out, slice_head(all, at));
}

/* The row but for its hash, out of operand and options. */
static int
read_row(const struct tool *tool, struct account_row *row, struct str *name,
    struct str *home)
{
	const char *quota = tool->option['q'], *gecos = tool->option['e'];
	struct err err = { 0 };
	uint64_t megabytes;
	int rc = names_address(tool->operands[0], name, &err);

	if (rc < 0)
		return tool_fail_err(tool, NULL, rc, &err);
	*row = (struct account_row){ .name = str_cstr(name),
		.gecos = gecos ? gecos : "",
		.quota = quota ? quota : "0",
		.uid = tool->settings.mail_uid,
		.gid = tool->settings.mail_gid };
	if (!num_parse(slice_from(row->quota), UINT64_MAX >> 20, &megabytes))
		return tool_fail(
		    tool, EX_DATAERR, "-q %s: not a number of MB", quota);
	if (!number_option(tool, 'U', &row->uid) ||
	    !number_option(tool, 'G', &row->gid))
		return EX_DATAERR;
	if (tool->option['d'])
		str_append_cstr(home, tool->option['d']);
	else
		make_home(tool, row->name, home);
	row->home = str_cstr(home);
	return EX_OK;
}

/* Adds the row and makes its mail folder. */
static int
add_row(struct tool *tool, const struct account_row *row,
    const struct mailbox_place *place)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_user_add(tool->admin, row, &err);
	if (rc < 0)
		return tool_fail_err(tool, row->name, rc, &err);
	rc = mailbox_make(place, &err);
	if (rc < 0) {
		tool_say(tool, "%s is added, but the mail folder is not made",
		    row->name);
		return tool_fail_err(tool, str_cstr(&place->path), rc, &err);
	}
	return EX_OK;
}

int
cmd_user_add(struct tool *tool)
{
	STR_AUTO name = STR_INIT;
	STR_AUTO home = STR_INIT;
	STR_AUTO hash = STR_INIT;
	struct account_row row = { 0 };
	struct mailbox_place place = { 0 };
	const char *password = "";
	struct err err = { 0 };
	int rc = tool_load(tool);

	if (rc == EX_OK)
		rc = read_row(tool, &row, &name, &home);
	if (rc != EX_OK)
		return rc;
	rc = mailbox_find(&tool->settings, &row, &place, &err);
	if (rc < 0)
		rc = tool_fail_err(tool, row.name, rc, &err);
	else
		rc = make_hash(tool, &hash, &password);
	row.hash = str_cstr(&hash);
	if (rc == EX_OK)
		rc = add_row(tool, &row, &place);
	if (rc == EX_OK)
		make_keys(tool, row.name, &hash, password);
	mailbox_release(&place);
	str_wipe(&hash);
	return rc;
}

int
cmd_user_passwd(struct tool *tool)
{
	STR_AUTO hash = STR_INIT;
	const char *password = "";
	struct err err = { 0 };
	int rc = tool_load(tool);

	if (rc == EX_OK)
		rc = make_hash(tool, &hash, &password);
	if (rc == EX_OK)
		rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	rc = account_admin_password_set(
	    tool->admin, tool->operands[0], str_cstr(&hash), &err);
	if (rc == 0)
		make_keys(tool, tool->operands[0], &hash, password);
	str_wipe(&hash);
	return rc < 0 ? tool_fail_err(tool, tool->operands[0], rc, &err)
		      : EX_OK;
}

int
cmd_user_remove(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_user_remove(tool->admin, tool->operands[0], &err);
	return rc < 0 ? tool_fail_err(tool, tool->operands[0], rc, &err)
		      : EX_OK;
}

static int
set_disabled(struct tool *tool, bool yes)
{
	const char *name = tool->operands[0];
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_user_disable(tool->admin, name, yes, &err);
	return rc < 0 ? tool_fail_err(tool, name, rc, &err) : EX_OK;
}

int
cmd_user_disable(struct tool *tool)
{
	return set_disabled(tool, true);
}

int
cmd_user_enable(struct tool *tool)
{
	return set_disabled(tool, false);
}

static void
print_row(void *ctx, const struct account_row *row)
{
	(void)ctx;
	printf("%s\t%s\t%lld\t%lld%s\n", row->name,
	    row->quota && row->quota[0] ? row->quota : "0",
	    (long long)row->used, (long long)row->messages,
	    row->disabled ? "\tdisabled" : "");
}

int
cmd_user_list(struct tool *tool)
{
	const char *domain = tool->count ? tool->operands[0] : "";
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc =
	    account_admin_user_list(tool->admin, domain, print_row, NULL, &err);
	return rc < 0 ? tool_fail_err(tool, "users", rc, &err) : EX_OK;
}

/* One line a fact, "name: value". */
static void
print_user(void *ctx, const struct account_row *row)
{
	const struct tool *tool = ctx;
	struct mailbox_place place;
	struct err err;

	printf("address: %s\n", row->name);
	printf("disabled: %s\n", row->disabled ? "yes" : "no");
	printf("gecos: %s\n", row->gecos ? row->gecos : "");
	printf("home: %s\n", row->home ? row->home : "");
	printf("uid: %lld\n", (long long)row->uid);
	printf("gid: %lld\n", (long long)row->gid);
	printf("quota: %s\n", row->quota ? row->quota : "");
	printf("octets: %lld\n", (long long)row->used);
	printf("messages: %lld\n", (long long)row->messages);
	if (mailbox_find(&tool->settings, row, &place, &err) == 0)
		printf("mail: %s\n", str_cstr(&place.path));
	else
		tool_say(tool, "%s: %s", row->name, err.text);
	mailbox_release(&place);
}

int
cmd_user_show(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_user_show(
	    tool->admin, tool->operands[0], print_user, tool, &err);
	return rc < 0 ? tool_fail_err(tool, tool->operands[0], rc, &err)
		      : EX_OK;
}
