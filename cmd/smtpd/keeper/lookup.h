/* What the keeper does for the checks of strangers: descriptors to the name
 * servers, and what is known of the client's address.  Never reads from a name
 * server. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_LOOKUP_H
#define NJIWA_CMD_SMTPD_KEEPER_LOOKUP_H

#include "cmd/smtpd/keeper/reputation.h"
#include "common/base/request.h"
#include "common/net/dns_servers.h"
#include "common/svc/service.h"

struct lookup {
	struct dns_servers dns;              /* none: nothing is looked up */
	uint16_t ports[DNS_SERVERS_MAX + 1]; /* theirs, 0-ended */
	int cache;                           /* -1: there is none */
};

/* Finds out about name servers, before the keeper is confined, where a check
 * of this client may need them; else does nothing. */
void lookup_prepare(struct lookup *lookup, struct keeper *keeper);
void lookup_release(struct lookup *lookup);

/* The handlers of SMTP_DNS, SMTP_RECALL and SMTP_REMEMBER. */
request_handler handle_dns, handle_recall, handle_remember;

#endif
