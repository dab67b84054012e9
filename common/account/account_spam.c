#include <stdio.h>

#include "common/account/account_sql_own.h"

/* The first row that a query gives. */
struct prefs_row {
	struct account_spam_prefs prefs;
	bool found;
};

static void
copy_score(const struct db_row *row, size_t i, char score[ACCOUNT_SCORE_MAX])
{
	struct slice text = slice_trim(account_sql_column(row, i));

	/* one that is cut is no score, and will be told */
	(void)snprintf(score, ACCOUNT_SCORE_MAX, "%.*s", SLICE_FMT(text));
}

static void
see_prefs(void *ctx, const struct db_row *row)
{
	struct prefs_row *first = ctx;

	if (first->found)
		return;
	first->found = true;
	copy_score(row, 0, first->prefs.tag);
	copy_score(row, 1, first->prefs.junk);
	copy_score(row, 2, first->prefs.reject);
}

enum account_outcome
account_sql_spam_prefs(struct account_sql *sql, struct slice name,
    struct account_spam_prefs *ret_prefs, struct err *err)
{
	struct prefs_row first = { .found = false };
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;

	if (sql->queries[SPAM_QUERY].sql[0] == '\0' ||
	    !account_name_parse(name, &buffer, &parsed))
		return ACCOUNT_UNKNOWN;
	if (!account_sql_read(sql, SPAM_QUERY, &parsed, see_prefs, &first, err))
		return ACCOUNT_TEMPFAIL;
	if (!first.found)
		return ACCOUNT_UNKNOWN;
	*ret_prefs = first.prefs;
	return ACCOUNT_FOUND;
}
