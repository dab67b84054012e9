/* TLS for a connection: a front that speaks it, and a signer that has the key
 * for one handshake.  Neither keeper nor front ever has it. */
#ifndef NJIWA_SVC_SIGNER_H
#define NJIWA_SVC_SIGNER_H

#include "common/svc/connection.h"

/* Opens certificate and key, while we may; what cannot be is logged. */
void signer_open_files(struct connection *c);

/* Makes a front that speaks TLS and a signer for it; the front waits for
 * REQUEST_GO.  The keeper's end of its pair, or -errno with err filled. */
int signer_start(struct connection *c, bool resumed, struct err *err);

/* Loads GnuTLS and the chain where that is not done yet; 0 or -errno. */
int signer_load(struct connection *c, struct err *err);

/* Is the process that has GnuTLS: loads what is missing, parts into a front,
 * whose end of its pair pair is, and a signer, which tells status when it is
 * ready or what failed; returns when its work is done. */
void signer_part(struct connection *c, bool resumed, int pair, int status);

/* The front's tls_sign; ctx points to the pair's descriptor. */
tls_sign signer_ask;

#endif
