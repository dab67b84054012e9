/* IMAP URLs (RFC 5092), as CATENATE names parts of messages by them
 * (RFC 4469, RFC 5550): a message, a part of it, a piece of that.
 * Never looks at a mailbox, and takes no URL of a mailbox alone. */
#ifndef NJIWA_CMD_IMAPD_IMAP_URL_H
#define NJIWA_CMD_IMAPD_IMAP_URL_H

#include <stdint.h>
#include "common/base/str.h"

#define IMAP_URL_MAX 4096 /* octets of one */

/* Its parts, percent-decoded; to be released. */
struct imap_url {
	bool absolute;        /* it names a server, */
	struct str user;      /* a user there, who may be nobody, */
	struct str host;      /* and the server's name or address */
	struct str mailbox;   /* UTF-8; empty: the one that is selected */
	uint32_t uidvalidity; /* 0: not said */
	uint32_t uid;
	struct str section; /* as between FETCH's brackets; empty: all */
	bool partial;
	uint32_t offset, length; /* partial; length 0: to the end */
};

#define IMAP_URL_INIT                                                          \
	{                                                                      \
		.user = STR_INIT, .host = STR_INIT, .mailbox = STR_INIT,       \
		.section = STR_INIT                                            \
	}

/*
 * Parses "imap://user@host/mailbox...", "//host/mailbox...", "/mailbox..." and
 * "/;UID=..." or ";UID=..." of the selected mailbox.  False for anything else:
 * too long, octets that a URL cannot have, other users' authorization
 * (RFC 4467), no UID.
 */
bool imap_url_parse(struct slice text, struct imap_url *url);
void imap_url_release(struct imap_url *url);

#endif
