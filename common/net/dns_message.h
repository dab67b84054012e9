/* DNS messages (RFC 1035): one question out, what its answer says back.  Names
 * are unpacked by the C library.  Never sends or waits. */
#ifndef NJIWA_NET_DNS_MESSAGE_H
#define NJIWA_NET_DNS_MESSAGE_H

#include <stdint.h>
#include "common/net/dns.h"

#define DNS_UDP_MAX 1232      /* octets of an answer by UDP (EDNS) */
#define DNS_MESSAGE_MAX 65535 /* octets of one by TCP */
#define DNS_RRS_MAX 512       /* records of a message that are looked at */
#define DNS_ALIASES_MAX 8     /* CNAMEs from a question to its answer */

struct dns_question {
	char name[DNS_NAME_MAX + 1]; /* the case of its letters matters */
	enum dns_type type;
	uint16_t id;
	bool edns;    /* says that DNS_UDP_MAX octets may come */
	bool by_name; /* any case will do in the answer: it came by TCP */
};

/* Appends the question as a message; false when the name is not valid. */
bool dns_message_ask(const struct dns_question *question, struct str *out);

/* What a message is. */
enum dns_reading {
	DNS_READ_OTHER,  /* not the answer to this question: as if unseen */
	DNS_READ_CASE,   /* the answer but for the case of letters: a forgery,
			  * or a server that does not keep it */
	DNS_READ_CUT,    /* the rest must be asked for by TCP */
	DNS_READ_PLAIN,  /* the server does not know EDNS */
	DNS_READ_BAD,    /* it is malformed, refuses, or failed */
	DNS_READ_ALIAS,  /* another name must be asked for: next */
	DNS_READ_ANSWER, /* answer is filled */
};

/*
 * Reads an answer.  answer (empty before) is filled for DNS_READ_ANSWER alone;
 * of its ttl the smallest on the way counts, and for a name or type that is
 * not there that of RFC 2308 section 5.  next has DNS_NAME_MAX + 1 octets.
 */
enum dns_reading dns_message_read(const struct dns_question *question,
    struct slice message, struct dns_answer *answer, char *next);

#endif
