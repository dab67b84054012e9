/* The answer to CAPA (RFC 2449, RFC 2595, RFC 5034).  Never decides what is
 * allowed: it says what the tables and the connection allow. */
#ifndef NJIWA_CMD_POP3D_CAPA_H
#define NJIWA_CMD_POP3D_CAPA_H

#include "common/net/stream.h"

/* What a capability may depend on; bits. */
enum {
	CAPA_STRANGER = 1 << 0, /* before login */
	CAPA_SESSION = 1 << 1,  /* after it */
	CAPA_STLS = 1 << 2,     /* STLS would be granted */
	CAPA_LOGIN = 1 << 3     /* a password may be said now */
};

/* Writes all of the list for a connection of which these bits are true;
 * offered are the SASL_OFFER_ bits. */
void capa_write(struct stream *client, unsigned is, unsigned offered);

#endif
