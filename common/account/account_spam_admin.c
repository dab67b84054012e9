#include <errno.h>

#include "common/account/account_admin_own.h"
#include "common/account/account_spam_admin.h"

static const char has_user[] =
    "SELECT 1 FROM users WHERE name = ? AND domain = ?";
static const char has_row[] = "SELECT 1 FROM spam_prefs WHERE username = ?";
static const char add_row[] = "INSERT INTO spam_prefs (username) VALUES (?)";
static const char remove_row[] = "DELETE FROM spam_prefs WHERE username = ?";
static const char list_all[] =
    "SELECT username, tag, junk, reject FROM spam_prefs ORDER BY username";
static const char list_one[] =
    "SELECT username, tag, junk, reject FROM spam_prefs WHERE username = ?";

static int
set_column(struct account_admin *admin, const char *sql, const char *value,
    struct slice name, struct err *err)
{
	const struct db_value values[] = {
		db_text(value && value[0] ? slice_from(value)
					  : (struct slice){ NULL, 0 }),
		db_text(name),
	};
	struct sql_run run = { .sql = sql, .values = values, .count = 2 };

	return value ? account_admin_run(admin, &run, err) : 0;
}

/* Makes the row of a user who has none. */
static int
ensure_row(struct account_admin *admin, const struct account_name *name,
    struct err *err)
{
	const struct db_value user[] = { db_text(name->local),
		db_text(name->domain) };
	const struct db_value whole = db_text(name->user);
	struct sql_run run = { .sql = add_row, .values = &whole, .count = 1 };
	int rc = account_admin_has_row(admin, has_user, user, 2, err);

	if (rc == 0)
		return err_set(err, ENOENT, "there is no such user");
	if (rc > 0)
		rc = account_admin_has_row(admin, has_row, &whole, 1, err);
	if (rc == 0)
		rc = account_admin_run(admin, &run, err);
	return rc < 0 ? rc : 0;
}

int
account_admin_spam_set(struct account_admin *admin,
    const struct account_spam_row *row, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	int rc = account_admin_parse_name(row->name, &buffer, &name, err);

	if (rc < 0)
		return rc;
	rc = account_admin_begin(admin, err);
	if (rc < 0)
		return rc;
	rc = ensure_row(admin, &name, err);
	if (rc == 0)
		rc = set_column(admin,
		    "UPDATE spam_prefs SET tag = ? WHERE username = ?",
		    row->tag, name.user, err);
	if (rc == 0)
		rc = set_column(admin,
		    "UPDATE spam_prefs SET junk = ? WHERE username = ?",
		    row->junk, name.user, err);
	if (rc == 0)
		rc = set_column(admin,
		    "UPDATE spam_prefs SET reject = ? WHERE username = ?",
		    row->reject, name.user, err);
	return account_admin_end(admin, rc, err);
}

int
account_admin_spam_remove(
    struct account_admin *admin, const char *name, struct err *err)
{
	const struct db_value value = db_text(slice_from(name));
	struct sql_run run = {
		.sql = remove_row, .values = &value, .count = 1
	};

	return account_admin_change(admin, &run, name, err);
}

struct listing {
	account_spam_seen *seen;
	void *ctx;
	size_t rows;
};

static void
see_row(void *ctx, const struct db_row *row)
{
	struct listing *listing = ctx;
	struct str texts[4] = { STR_INIT, STR_INIT, STR_INIT, STR_INIT };
	struct account_spam_row out;
	size_t i;

	for (i = 0; i < 4; i++)
		str_append(&texts[i], account_admin_column(row, i));
	out = (struct account_spam_row){ str_cstr(&texts[0]),
		str_cstr(&texts[1]), str_cstr(&texts[2]), str_cstr(&texts[3]) };
	listing->rows++;
	listing->seen(listing->ctx, &out);
	for (i = 0; i < 4; i++)
		str_release(&texts[i]);
}

int
account_admin_spam_list(struct account_admin *admin, const char *name,
    account_spam_seen *seen, void *ctx, struct err *err)
{
	struct listing listing = { seen, ctx, 0 };
	const struct db_value value = db_text(slice_from(name));
	struct sql_run run = { .sql = name[0] ? list_one : list_all,
		.values = &value,
		.count = name[0] ? 1 : 0,
		.seen = see_row,
		.ctx = &listing };
	int rc = account_admin_run(admin, &run, err);

	if (rc == 0 && name[0] && listing.rows == 0)
		return err_set(err, ENOENT, "it has none");
	return rc;
}
