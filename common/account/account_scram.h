/* Logins by SCRAM against the keys in SQL, and how the keys come there.
 * Never uses a key whose password has been changed since. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_SCRAM_H
#define NJIWA_ACCOUNT_ACCOUNT_SCRAM_H

#include "common/account/account_sql.h"
#include "common/account/scram.h"
#include "common/account/sql_link.h"

/* An exchange between its two messages. */
struct account_scram;

/*
 * Begins one: FOUND with what the server says to it, whether there is such a
 * user or not; DENIED when the message is none or the mechanism not the one
 * that it asks for; TEMPFAIL with err filled.  sql must outlive it.
 */
enum account_outcome account_sql_scram_begin(struct account_sql *sql,
    const struct account_scram_first *first, struct account_scram **ret_scram,
    struct str *answer, struct err *err);

/* Takes the proof: FOUND fills user and what the server says to it. */
enum account_outcome account_sql_scram_finish(struct account_scram *scram,
    struct slice message, struct account_user *ret_user, struct str *answer,
    struct err *err);

/* The name that was said, "" when there was none; for the log. */
const char *account_scram_user(const struct account_scram *scram);

void account_scram_free(struct account_scram *scram);

/* ---- the table scram_keys (account_scram_store.c) ---- */

/* Keys to be made; all borrowed. */
struct account_scram_new {
	struct slice login;   /* local@domain */
	struct slice hash;    /* of the same password, as it is stored */
	const char *password; /* in clear */
	unsigned int iterations;
};

/* Makes and stores them, in the place of those that were there.  DB_REFUSED
 * also for a password of which no keys can be made. */
enum db_fault account_scram_store(struct sql_link *link,
    const struct account_scram_new *keys, struct err *err);

/* Appends the login name as the table has it: case is nothing. */
void account_scram_name(struct slice login, struct str *out);

/* Is digest that of hash, for keys of that salt? */
bool account_scram_fits(const struct scram_driver *driver, const char *salt,
    struct slice hash, struct slice digest);

#endif
