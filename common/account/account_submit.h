/* What a user may do who sends mail: as whom, and to how many.  Over SQL, in
 * njiwa-accountd.  Never refuses for want of a table that was not made yet. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_SUBMIT_H
#define NJIWA_ACCOUNT_ACCOUNT_SUBMIT_H

#include "common/account/account_sql.h"

#define SUBMIT_SLOT_SECONDS 600 /* of one row of submission_counts */
#define SUBMIT_SLOTS_HOUR 6
#define SUBMIT_SLOTS_DAY 144

/* As account_may_send. */
enum account_outcome account_sql_may_send(struct account_sql *sql,
    struct slice login, struct slice address, struct err *err);

/* As account_reserve. */
enum account_outcome account_sql_reserve(struct account_sql *sql,
    struct slice login, uint32_t wanted, struct account_reserved *ret_reserved,
    struct err *err);

/* As account_give_back. */
enum account_outcome account_sql_give_back(struct account_sql *sql,
    struct slice login, const struct account_reserved *reserved,
    struct err *err);

#endif
