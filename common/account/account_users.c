#include <errno.h>
#include <stdlib.h>

#include "common/account/account_admin_own.h"
#include "common/base/mem.h"
#include "common/base/num.h"

#define QUOTA_DIGITS 12 /* of a quota in MB */

static const char add_user[] =
    "INSERT INTO users (name, domain, password, home, gecos, quota, uid, gid)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
static const char add_domain[] = "INSERT INTO domains (name) VALUES (?)";
static const char has_domain[] = "SELECT 1 FROM domains WHERE name = ?";
static const char has_user[] =
    "SELECT 1 FROM users WHERE name = ? AND domain = ?";
static const char remove_user[] =
    "DELETE FROM users WHERE name = ? AND domain = ?";
static const char remove_quota[] = "DELETE FROM quota WHERE username = ?";
static const char set_password[] =
    "UPDATE users SET password = ? WHERE name = ? AND domain = ?";
static const char set_limit[] =
    "UPDATE users SET quota = ? WHERE name = ? AND domain = ?";
static const char get_quota[] =
    "SELECT bytes, messages FROM quota WHERE username = ?";
static const char set_quota[] =
    "UPDATE quota SET bytes = ?, messages = ? WHERE username = ?";
static const char add_quota[] =
    "INSERT INTO quota (bytes, messages, username) VALUES (?, ?, ?)";

static const char is_disabled[] =
    "SELECT 1 FROM disabled_users WHERE username = ?";
static const char disable[] =
    "INSERT INTO disabled_users (username) VALUES (?)";
static const char enable[] = "DELETE FROM disabled_users WHERE username = ?";

#define USER_COLUMNS                                                           \
	"SELECT name, domain, home, gecos, quota, uid, gid FROM users"
static const char list_all[] = USER_COLUMNS " ORDER BY domain, name";
static const char list_domain[] =
    USER_COLUMNS " WHERE domain = ? ORDER BY name";
static const char show_user[] = USER_COLUMNS " WHERE name = ? AND domain = ?";

/* ---- one user ---- */

static int
check_quota(const char *quota, struct err *err)
{
	struct slice text = slice_from(quota ? quota : "");
	uint64_t value;

	if (text.len == 0 ||
	    (text.len <= QUOTA_DIGITS && num_parse(text, UINT64_MAX, &value)))
		return 0;
	return err_set(err, EINVAL, "%s: no number of MB", quota);
}

static struct db_value
text_or_null(const char *text)
{
	return db_text(text ? slice_from(text) : (struct slice){ NULL, 0 });
}

static struct db_value
id_or_null(int64_t id)
{
	return id < 0 ? text_or_null(NULL) : db_number(id);
}

/* Makes the domain ours when it is not. */
static int
ensure_domain(struct account_admin *admin, struct slice domain, struct err *err)
{
	const struct db_value value = db_text(domain);
	struct sql_run run = { add_domain, &value, 1, NULL, NULL, 0 };
	int rc = account_admin_has_row(admin, has_domain, &value, 1, err);

	return rc != 0 ? (rc < 0 ? rc : 0)
		       : account_admin_run(admin, &run, err);
}

static int
insert_user(struct account_admin *admin, const struct account_name *name,
    const struct account_row *row, struct err *err)
{
	const struct db_value values[] = {
		db_text(name->local),
		db_text(name->domain),
		db_text(slice_from(row->hash)),
		db_text(slice_from(row->home ? row->home : "")),
		text_or_null(row->gecos),
		text_or_null(row->quota),
		id_or_null(row->uid),
		id_or_null(row->gid),
	};
	struct sql_run run = { add_user, values,
		sizeof values / sizeof values[0], NULL, NULL, 0 };
	int rc = account_admin_has_row(admin, has_user, values, 2, err);

	if (rc > 0)
		return err_set(err, EEXIST, "%s: is there already", row->name);
	if (rc == 0)
		rc = ensure_domain(admin, name->domain, err);
	return rc < 0 ? rc : account_admin_run(admin, &run, err);
}

int
account_admin_user_add(
    struct account_admin *admin, const struct account_row *row, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	int rc = account_admin_parse_name(row->name, &buffer, &name, err);

	if (rc == 0)
		rc = check_quota(row->quota, err);
	if (rc == 0)
		rc = account_admin_begin(admin, err);
	if (rc < 0)
		return rc;
	rc = insert_user(admin, &name, row, err);
	return account_admin_end(admin, rc, err);
}

/* Is the account switched off?  1, 0 or -EAGAIN: without a table nobody is. */
static int
read_disabled(struct account_admin *admin, struct slice name, struct err *err)
{
	const struct db_value value = db_text(name);
	int rc = account_admin_has_row(admin, is_disabled, &value, 1, err);

	return rc == -EIO ? 0 : rc;
}

int
account_admin_user_remove(
    struct account_admin *admin, const char *name, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct db_value user[2], whole;
	struct sql_run run = { remove_user, user, 2, NULL, NULL, 0 };
	struct sql_run quota = { remove_quota, &whole, 1, NULL, NULL, 0 };
	int rc = account_admin_parse_name(name, &buffer, &parsed, err);

	if (rc == 0)
		rc = account_admin_begin(admin, err);
	if (rc < 0)
		return rc;
	user[0] = db_text(parsed.local);
	user[1] = db_text(parsed.domain);
	whole = db_text(parsed.user);
	rc = account_admin_change(admin, &run, name, err);
	if (rc == 0)
		rc = account_admin_run(admin, &quota, err);
	if (rc == 0)
		rc = account_admin_forget(admin, parsed.user, err);
	return account_admin_end(admin, rc, err);
}

/* Sets one column of the user. */
static int
set_column(struct account_admin *admin, const char *sql, const char *name,
    const char *value, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct db_value values[3];
	struct sql_run run = { sql, values, 3, NULL, NULL, 0 };
	int rc = account_admin_parse_name(name, &buffer, &parsed, err);

	if (rc < 0)
		return rc;
	values[0] = db_text(slice_from(value));
	values[1] = db_text(parsed.local);
	values[2] = db_text(parsed.domain);
	return account_admin_change(admin, &run, name, err);
}

int
account_admin_password_set(struct account_admin *admin, const char *name,
    const char *hash, struct err *err)
{
	return set_column(admin, set_password, name, hash, err);
}

int
account_admin_limit_set(struct account_admin *admin, const char *name,
    const char *quota, struct err *err)
{
	int rc = check_quota(quota, err);

	return rc < 0 ? rc : set_column(admin, set_limit, name, quota, err);
}

/* ---- quota in use ---- */

struct use {
	int64_t octets, messages;
};

static int64_t
number(struct slice text)
{
	uint64_t value = 0;

	(void)num_parse(text, INT64_MAX, &value); /* what is none is 0 */
	return (int64_t)value;
}

static void
see_use(void *ctx, const struct db_row *row)
{
	struct use *use = ctx;

	use->octets = number(account_admin_column(row, 0));
	use->messages = number(account_admin_column(row, 1));
}

static int
read_use(struct account_admin *admin, struct slice name, struct use *use,
    struct err *err)
{
	const struct db_value value = db_text(name);
	struct sql_run run = { get_quota, &value, 1, see_use, use, 0 };

	*use = (struct use){ 0, 0 };
	return account_admin_run(admin, &run, err);
}

/* The parts of a user's name, which must be there. */
static int
find_user(struct account_admin *admin, const char *name, struct str *buffer,
    struct account_name *ret_name, struct err *err)
{
	struct db_value values[2];
	int rc = account_admin_parse_name(name, buffer, ret_name, err);

	if (rc < 0)
		return rc;
	values[0] = db_text(ret_name->local);
	values[1] = db_text(ret_name->domain);
	rc = account_admin_has_row(admin, has_user, values, 2, err);
	if (rc == 0)
		return err_set(err, ENOENT, "%s: not there", name);
	return rc < 0 ? rc : 0;
}

int
account_admin_quota_get(struct account_admin *admin, const char *name,
    int64_t *ret_octets, int64_t *ret_messages, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct use use;
	int rc = find_user(admin, name, &buffer, &parsed, err);

	if (rc == 0)
		rc = read_use(admin, parsed.user, &use, err);
	if (rc != 0)
		return rc;
	*ret_octets = use.octets;
	*ret_messages = use.messages;
	return 0;
}

int
account_admin_quota_set(struct account_admin *admin, const char *name,
    int64_t octets, int64_t messages, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct db_value values[3] = { db_number(octets), db_number(messages),
		{ 0 } };
	struct sql_run update = { set_quota, values, 3, NULL, NULL, 0 };
	struct sql_run insert = { add_quota, values, 3, NULL, NULL, 0 };
	int rc = find_user(admin, name, &buffer, &parsed, err);

	if (rc < 0)
		return rc;
	values[2] = db_text(parsed.user);
	rc = account_admin_run(admin, &update, err);
	if (rc == 0 && update.affected == 0)
		rc = account_admin_run(admin, &insert, err);
	return rc;
}

int
account_admin_user_disable(
    struct account_admin *admin, const char *name, bool yes, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct db_value value;
	struct sql_run run = { yes ? disable : enable, &value, 1, NULL, NULL,
		0 };
	int rc = find_user(admin, name, &buffer, &parsed, err);

	if (rc < 0)
		return rc;
	value = db_text(parsed.user);
	rc = account_admin_run(admin, &run, err);
	if (rc == -EEXIST || (rc == 0 && run.affected == 0))
		return err_set(err, EEXIST, "%s: %s already", name,
		    yes ? "disabled" : "not disabled");
	return rc;
}

/* ---- lists ---- */

struct listed {
	char *name, *home, *gecos, *quota;
	int64_t uid, gid;
};

struct list {
	struct listed *rows;
	size_t count, cap;
};

static char *
copy(const struct db_row *row, size_t i)
{
	struct slice text = account_admin_column(row, i);

	return mem_strndup(text.ptr, text.len);
}

static int64_t
id_of(struct slice text)
{
	uint64_t value;

	return num_parse(text, UINT32_MAX, &value) ? (int64_t)value : -1;
}

static void
see_listed(void *ctx, const struct db_row *row)
{
	struct list *list = ctx;
	struct listed *to;
	struct str name = STR_INIT;

	list->rows = mem_grow(
	    list->rows, &list->cap, list->count + 1, sizeof *list->rows);
	to = &list->rows[list->count++];
	str_append(&name, account_admin_column(row, 0));
	str_append_char(&name, '@');
	str_append(&name, account_admin_column(row, 1));
	to->name = str_take(&name);
	to->home = copy(row, 2);
	to->gecos = copy(row, 3);
	to->quota = copy(row, 4);
	to->uid = id_of(account_admin_column(row, 5));
	to->gid = id_of(account_admin_column(row, 6));
}

static void
list_release(struct list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->rows[i].name);
		free(list->rows[i].home);
		free(list->rows[i].gecos);
		free(list->rows[i].quota);
	}
	free(list->rows);
}

/* The rows are read to the end before their quota is asked for. */
static int
list_users(struct account_admin *admin, struct sql_run *run,
    account_row_seen *seen, void *ctx, struct err *err)
{
	struct list list = { NULL, 0, 0 };
	struct sql_run gather = *run;
	size_t i;
	int rc;

	gather.seen = see_listed;
	gather.ctx = &list;
	sql_link_begin_request(admin->link);
	rc = account_admin_run(admin, &gather, err);
	for (i = 0; i < list.count && rc == 0; i++) {
		const struct listed *l = &list.rows[i];
		struct use use;

		int off = 0;

		rc = read_use(admin, slice_from(l->name), &use, err);
		if (rc == 0)
			off = read_disabled(admin, slice_from(l->name), err);
		if (off < 0)
			rc = off;
		if (rc == 0)
			seen(ctx, &(struct account_row){ l->name, "", l->home,
				      l->gecos, l->quota, l->uid, l->gid,
				      use.octets, use.messages, off > 0 });
	}
	list_release(&list);
	return rc;
}

int
account_admin_user_list(struct account_admin *admin, const char *domain,
    account_row_seen *seen, void *ctx, struct err *err)
{
	const struct db_value value = db_text(slice_from(domain));
	struct sql_run run = { domain[0] ? list_domain : list_all, &value,
		domain[0] != '\0', NULL, NULL, 0 };

	return list_users(admin, &run, seen, ctx, err);
}

int
account_admin_user_show(struct account_admin *admin, const char *name,
    account_row_seen *seen, void *ctx, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct db_value values[2];
	struct sql_run run = { show_user, values, 2, NULL, NULL, 0 };
	int rc = find_user(admin, name, &buffer, &parsed, err);

	if (rc < 0)
		return rc;
	values[0] = db_text(parsed.local);
	values[1] = db_text(parsed.domain);
	return list_users(admin, &run, seen, ctx, err);
}
