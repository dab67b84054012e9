/* What an address and its network have done lately, in the table that all
 * keepers share (base/tally.h): connections, messages, unknown recipients,
 * failed logins.  Says who has done too much, and how long a login waits.
 * Never keeps the mail from flowing: without the table nobody is counted. */
#ifndef NJIWA_SVC_RATES_H
#define NJIWA_SVC_RATES_H

#include "common/base/tally.h"
#include "common/net/peer.h"
#include "common/svc/settings.h"

/* What has a limit. */
enum rate {
	RATE_CONNECTION, /* a minute */
	RATE_MESSAGE,    /* an hour */
	RATE_UNKNOWN     /* recipients, an hour */
};

#define RATES 3 /* of these */

struct rates;

/* Is the peer one whom the limits are for: not a pipe, nor of trusted_networks,
 * nor this machine itself (setting check_loopback)? */
bool rates_apply_to(const struct settings *settings, const struct peer *peer);

/*
 * The peer's place in the table, for a connection from now on.  NULL, of which
 * everything below makes "nothing to say": one whom they are not for, all
 * limits off, or no table, which the log says.  To be called before the process
 * confines itself.
 */
struct rates *rates_open(
    const struct settings *settings, const struct peer *peer);
void rates_close(struct rates *rates);

/* The same for the client of a proxy, who is named later: till then nobody is
 * counted.  rates may be NULL; peer is borrowed. */
struct rates *rates_open_unnamed(const struct settings *settings);
void rates_name(struct rates *rates, const struct peer *peer);

/* Counts one more, unless that is more than the settings allow: false then,
 * and the log says so. */
bool rates_allow(struct rates *rates, enum rate what);

/* Is there room for one more?  As rates_allow, but nothing is counted. */
bool rates_have_room(struct rates *rates, enum rate what);

/* Counts a login.  A good one spares its address for RATES_SPARED seconds. */
void rates_login(struct rates *rates, bool good);

/* Milliseconds for which a login is held back before it is looked at, whether
 * or not it will be right: login_delay after the first failure of the network,
 * doubled by each one more, up to login_delay_max; 0 where one was good. */
int64_t rates_login_delay(struct rates *rates);

#define RATES_SPARED (30 * 24 * 3600) /* after a good login */

/* ---- for the administrator's tool ---- */

/* Opens the table that is there: 0, or -errno with err filled. */
int rates_table(
    const struct settings *settings, struct tally **ret_table, struct err *err);

/* Would one more be refused?  Nothing is counted, and nothing is logged. */
bool rates_would_refuse(const struct settings *settings, struct tally *table,
    const struct peer *peer, enum rate what);

/* One line of the table. */
struct rates_line {
	struct str name; /* "192.0.2.1", "192.0.2.0/24" */
	uint32_t counts[RATES];
	uint32_t failures; /* of logins, in an hour */
	uint32_t today;    /* connections of a day */
	bool spared;       /* by a good login */
};

/* What the table knows of an entry, appended to line->name and filled in; false
 * for what is no address or network. */
bool rates_read(const struct tally_key *key, struct tally_entry entry,
    struct rates_line *line);

/* The key of "192.0.2.1" or "192.0.2.0/24" as the table has them; the network
 * of an address when network is said.  False when text is none of these. */
bool rates_key(const char *text, bool network, struct tally_key *ret_key);

#endif
