/* What hangs on a login name beside its row in users: SCRAM's keys, and whom
 * it may send as. */
#include <errno.h>

#include "common/account/account_admin_own.h"
#include "common/account/account_scram.h"

static const char add_sender[] =
    "INSERT INTO sender_acl (login, sender) VALUES (?, ?)";
static const char remove_sender[] =
    "DELETE FROM sender_acl WHERE login = ? AND sender = ?";
static const char list_senders[] =
    "SELECT login, sender FROM sender_acl ORDER BY login, sender";
static const char has_user[] =
    "SELECT 1 FROM users WHERE name = ? AND domain = ?";

/* What is forgotten with a user.  In a database that was not migrated for long
 * there may be nothing to forget. */
static const char *const forget[] = {
	"DELETE FROM scram_keys WHERE name = ?",
	"DELETE FROM sender_acl WHERE login = ?",
	"DELETE FROM submission_counts WHERE login = ?",
	"DELETE FROM disabled_users WHERE username = ?",
};

int
account_admin_scram_set(struct account_admin *admin, const char *name,
    const char *hash, const char *password, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct account_scram_new keys = { { "", 0 }, slice_from(hash), password,
		admin->config->scram_iterations };
	int rc = account_admin_parse_name(name, &buffer, &parsed, err);

	if (rc < 0 || (!admin->config->scram && !admin->config->scram_store))
		return rc;
	keys.login = parsed.user;
	sql_link_begin_request(admin->link);
	return account_scram_store(admin->link, &keys, err) == DB_OK ? 0 : -EIO;
}

int
account_admin_forget(
    struct account_admin *admin, struct slice login, struct err *err)
{
	STR_AUTO key = STR_INIT;
	size_t i;
	int rc = 0;

	account_scram_name(login, &key);
	for (i = 0; i < sizeof forget / sizeof forget[0]; i++) {
		const struct db_value value = db_text(str_slice(&key));
		struct sql_run run = { forget[i], &value, 1, NULL, NULL, 0 };

		rc = account_admin_run(admin, &run, err);
		if (rc < 0 && rc != -EIO)
			return rc;
	}
	return 0;
}

/* ---- whom a user may send as ---- */

/* An address, or @ and a domain, as the table has it. */
static int
parse_sender(
    const char *text, struct str *buffer, struct str *out, struct err *err)
{
	struct account_name name;
	struct slice domain;
	int rc;

	if (text[0] == '@') {
		rc = account_admin_parse_domain(text + 1, buffer, &domain, err);
		str_append_char(out, '@');
		if (rc == 0)
			str_append(out, domain);
		return rc;
	}
	rc = account_admin_parse_name(text, buffer, &name, err);
	if (rc == 0)
		str_append(out, name.user);
	return rc;
}

struct sender_pair {
	struct str login, sender;
};

static int
parse_pair(const char *login, const char *sender, struct sender_pair *pair,
    struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	STR_AUTO other = STR_INIT;
	struct account_name name;
	int rc = account_admin_parse_name(login, &buffer, &name, err);

	if (rc == 0)
		account_scram_name(name.user, &pair->login);
	return rc < 0 ? rc : parse_sender(sender, &other, &pair->sender, err);
}

static void
pair_release(struct sender_pair *pair)
{
	str_release(&pair->login);
	str_release(&pair->sender);
}

static int
check_login(
    struct account_admin *admin, const struct str *login, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	struct db_value values[2];
	int rc = account_admin_parse_name(str_cstr(login), &buffer, &name, err);

	if (rc < 0)
		return rc;
	values[0] = db_text(name.local);
	values[1] = db_text(name.domain);
	rc = account_admin_has_row(admin, has_user, values, 2, err);
	if (rc == 0)
		return err_set(
		    err, ENOENT, "%s: no such user", str_cstr(login));
	return rc < 0 ? rc : 0;
}

int
account_admin_sender_add(struct account_admin *admin, const char *login,
    const char *sender, struct err *err)
{
	struct sender_pair pair = { STR_INIT, STR_INIT };
	struct db_value values[2];
	struct sql_run run = { add_sender, values, 2, NULL, NULL, 0 };
	int rc = parse_pair(login, sender, &pair, err);

	values[0] = db_text(str_slice(&pair.login));
	values[1] = db_text(str_slice(&pair.sender));
	if (rc == 0)
		rc = check_login(admin, &pair.login, err);
	if (rc == 0)
		rc = account_admin_run(admin, &run, err);
	if (rc == -EEXIST)
		rc = err_set(err, EEXIST, "%s: is there already", sender);
	pair_release(&pair);
	return rc;
}

int
account_admin_sender_remove(struct account_admin *admin, const char *login,
    const char *sender, struct err *err)
{
	struct sender_pair pair = { STR_INIT, STR_INIT };
	struct db_value values[2];
	struct sql_run run = { remove_sender, values, 2, NULL, NULL, 0 };
	int rc = parse_pair(login, sender, &pair, err);

	values[0] = db_text(str_slice(&pair.login));
	values[1] = db_text(str_slice(&pair.sender));
	if (rc == 0)
		rc = account_admin_change(admin, &run, sender, err);
	pair_release(&pair);
	return rc;
}

struct sender_seen {
	account_sender_seen *seen;
	void *ctx;
};

static void
see_sender(void *ctx, const struct db_row *row)
{
	const struct sender_seen *to = ctx;
	STR_AUTO login = STR_INIT;
	STR_AUTO sender = STR_INIT;

	str_append(&login, account_admin_column(row, 0));
	str_append(&sender, account_admin_column(row, 1));
	to->seen(to->ctx, str_cstr(&login), str_cstr(&sender));
}

int
account_admin_sender_list(struct account_admin *admin,
    account_sender_seen *seen, void *ctx, struct err *err)
{
	struct sender_seen to = { seen, ctx };
	struct sql_run run = { list_senders, NULL, 0, see_sender, &to, 0 };

	return account_admin_run(admin, &run, err);
}
