/* Greylisting (RFC 6647): a stranger's first message from a sender to a
 * recipient is put off, since most spam is not sent twice.  What came twice is
 * kept in the table greylist.  Never asks the DNS, and never keeps mail away
 * because the database does not answer: that is its caller's to see to. */
#ifndef NJIWA_ACCOUNT_GREYLIST_H
#define NJIWA_ACCOUNT_GREYLIST_H

#include "common/account/account.h"

#define GREYLIST_NETWORK_MAX 64 /* octets of "2001:db8:1:2::/64" */
#define GREYLIST_BITS4 24 /* who sends from many hosts has them in a row */
#define GREYLIST_BITS6 64
#define GREYLIST_WAITING_MAX 10000 /* of one network, about */
#define GREYLIST_PART_MAX 255      /* of a sender or a recipient; cut */

/* Who wants to send to whom, and for how long what is known; in seconds. */
struct greylist_question {
	struct slice network;
	struct slice sender;    /* of greylist_sender; "" for <> */
	struct slice recipient; /* canonical, never "" */
	uint64_t delay, window, expire;
	uint32_t automatic; /* triplets that free a network; 0: none do */
};

/* Appends the sender without what mailing lists and mail relays change with
 * each message: lower case, no subaddress, numbers as '#'. */
void greylist_sender(struct slice sender, struct str *out);

/* Asks, and remembers that it was asked: FOUND with the seconds to wait, 0 when
 * the message may come; TEMPFAIL with err filled. */
enum account_outcome account_greylist(struct account_client *client,
    const struct greylist_question *question, uint64_t *ret_wait,
    struct err *err);

/* ---- between client and service ---- */

/* Appends the question as a body; reads it back, false when it is none. */
void greylist_put(const struct greylist_question *question, struct str *body);
struct ipc_reader;
bool greylist_get(
    struct ipc_reader *args, struct greylist_question *ret_question);

/* As account_greylist, in the service, at that time (seconds since 1970). */
struct account_sql;
enum account_outcome account_sql_greylist(struct account_sql *sql,
    const struct greylist_question *question, int64_t now, uint64_t *ret_wait,
    struct err *err);

#endif
