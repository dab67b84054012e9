/* Quota additions that wait for a database which is away: kept by user, tried
 * again, and given up where there are too many or the process ends.
 * Never asks anything while it waits. */
#ifndef NJIWA_CMD_ACCOUNTD_PENDING_H
#define NJIWA_CMD_ACCOUNTD_PENDING_H

#include "common/account/account_sql.h"

#define PENDING_USERS_MAX 4096 /* whose additions are kept */
#define PENDING_RETRY_MS 2000  /* between two tries, */
#define PENDING_PATIENCE 10    /* and so many times what the first took */
#define PENDING_STAY_MS 60000  /* a process without clients stays for them */

/* Zeroed holds nothing. */
struct pending {
	struct account_quota_add *list; /* one for each user; names are ours */
	size_t count, cap;
	int64_t retry; /* deadline (clock.h) of the next try */
	int64_t stay;  /* and until when it is worth to stay for them */
	uint64_t lost; /* for which there was no room */
};

/* Keeps the additions that err kept from the database.  The first ones of a
 * time are logged. */
void pending_keep(struct pending *pending, const struct account_quota_add *adds,
    size_t n, const struct err *err);

/* The database has answered somebody, if there is a connection to it: the next
 * try is due. */
void pending_hurry(struct pending *pending, const struct account_sql *sql);

/* Does anything wait, and is it too soon to try again? */
bool pending_is_waiting(const struct pending *pending);

/* Milliseconds until something is to be done, for epoll_wait: -1 for never. */
int pending_left(const struct pending *pending);

/* Tries again, if it is time or now is said. */
void pending_retry(struct pending *pending, struct account_sql *sql, bool now);

/* A last try; what is left is logged as lost. */
void pending_end(struct pending *pending, struct account_sql *sql);

#endif
