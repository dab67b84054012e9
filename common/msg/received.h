/* The trace fields that a server puts in front of a message (RFC 5321 section
 * 4.4): Received, Return-Path, Delivered-To, LF ended as on disk.  Never lets
 * what a client said break out of its place. */
#ifndef NJIWA_MSG_RECEIVED_H
#define NJIWA_MSG_RECEIVED_H

#include <time.h>
#include "common/base/str.h"

#define RECEIVED_NAME_MAX 255 /* octets shown of a HELO name or host */

/* How a message came.  All text is borrowed for the call. */
struct received {
	struct slice helo;        /* what the client called itself */
	const char *client;       /* its address, "" for a pipe */
	const char *client_name;  /* known to be its name; "" for none */
	const char *host;         /* our name */
	const char *id;           /* trace id */
	const char *tls;          /* "TLSv1.3 TLS_AES_256_GCM_SHA384", "" */
	struct slice recipient;   /* local@domain; empty unless exactly one */
	time_t when;              /* and the clock's */
	int offset;               /* minutes east of Greenwich */
	bool extended, lmtp;      /* EHLO, LHLO said */
	bool authenticated, utf8; /* logged in; SMTPUTF8 (RFC 6531 3.7.3) */
	bool hidden;              /* helo and client are nobody's business */
	struct slice user; /* who logged in, to be shown in a comment; or "" */
};

/* Appends the Received field. */
void received_format(const struct received *received, struct str *out);

/* The "with" word: SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA (RFC 3848), LMTP...,
 * UTF8SMTP... (RFC 6531). */
const char *received_with(const struct received *received);

/* Appends "Return-Path: <reverse path>"; path is without its brackets. */
void received_return_path(struct slice path, struct str *out);

/* Appends "Delivered-To: mailbox". */
void received_delivered_to(struct slice mailbox, struct str *out);

#endif
