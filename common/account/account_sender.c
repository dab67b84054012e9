#include "common/account/account_sql_own.h"
#include "common/account/account_submit.h"

/* Whose is the sender? */
struct sender {
	struct slice address; /* whole */
	struct slice domain;
	bool granted;
};

/* A row is an address, or @domain. */
static void
see_sender(void *ctx, const struct db_row *row)
{
	struct sender *sender = ctx;
	struct slice text = slice_trim(account_sql_column(row, 0));

	if (slice_starts(text, "@"))
		sender->granted |=
		    slice_equal_nocase(slice_skip(text, 1), sender->domain);
	else
		sender->granted |= slice_equal_nocase(text, sender->address);
}

/* Does the user's mail come by that address? */
static bool
is_target(const struct account_targets *targets, struct slice login)
{
	size_t i;

	for (i = 0; i < targets->count; i++) {
		const struct account_target *target = &targets->list[i];

		if (target->local &&
		    slice_equal_nocase(slice_from(target->user.name), login))
			return true;
	}
	return false;
}

/* A database may be older than the table, which grants nobody anything then. */
static enum account_outcome
ask_granted(struct account_sql *sql, struct slice login, struct sender *sender,
    struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	struct sql_run run = { .seen = see_sender, .ctx = sender };
	enum db_fault fault;

	if (sql->queries[SENDER_QUERY].sql[0] == '\0' ||
	    !account_name_parse(login, &buffer, &name))
		return ACCOUNT_DENIED;
	fault = account_sql_run(sql, &run, SENDER_QUERY, &name, NULL, err);
	if (fault != DB_OK &&
	    (fault != DB_REFUSED ||
		strcmp(sql->config->sender_query, ACCOUNT_SENDER_QUERY) != 0))
		return ACCOUNT_TEMPFAIL;
	return sender->granted ? ACCOUNT_FOUND : ACCOUNT_DENIED;
}

enum account_outcome
account_sql_may_send(struct account_sql *sql, struct slice login,
    struct slice address, struct err *err)
{
	struct account_targets targets = { NULL, 0 };
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	struct sender sender;
	enum account_outcome outcome;
	bool own;

	if (!account_name_parse(address, &buffer, &name))
		return ACCOUNT_DENIED;
	outcome = account_sql_resolve(sql, address, &targets, err);
	if (outcome == ACCOUNT_TEMPFAIL)
		return outcome;
	own = outcome == ACCOUNT_FOUND && is_target(&targets, login);
	account_targets_release(&targets);
	if (own)
		return ACCOUNT_FOUND;
	sender = (struct sender){ name.user, name.domain, false };
	return ask_granted(sql, login, &sender, err);
}
