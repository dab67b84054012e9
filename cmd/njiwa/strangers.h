/* What explain says of the checks, the rates and the greylist.  Never changes
 * them, nor what is kept of the DNS. */
#ifndef NJIWA_CMD_NJIWA_STRANGERS_H
#define NJIWA_CMD_NJIWA_STRANGERS_H

#include "cmd/njiwa/tool.h"
#include "common/base/str.h"
#include "common/net/peer.h"
#include "common/proto/reply.h"

/* Prints what the address and its network have done lately (tally.c).  What
 * they are told if that is too much; NULL: nothing. */
const struct reply *strangers_print_rates(
    const struct tool *tool, const struct peer *peer);

/* A client that is explained. */
struct stranger {
	const struct peer *peer;
	const struct str *helo;      /* "": not said */
	const struct str *sender;    /* canonical */
	bool sender_said;            /* it may be <> */
	const struct str *recipient; /* canonical */
	/* What follows: */
	struct str reason; /* for the %s of the checks' reply */
	bool suspicious;   /* for greylist = suspicious */
};

/* Runs the checks that njiwa-smtpd would, with the DNS asked anew, and prints
 * what each finds and what it comes to (checks.c).  The reply that refuses the
 * recipient before it is looked up, or NULL. */
const struct reply *strangers_print_checks(
    const struct tool *tool, struct stranger *who);

/* Prints what is known of the triplet where greylisting is on (greylist.c);
 * For how many seconds the recipient is refused. */
uint64_t strangers_print_greylist(
    struct tool *tool, const struct stranger *who);

#endif
