/* The resolver: questions that are under way at the same time, over descriptors
 * that somebody else made.  It asks a recursive name server; it sees what comes
 * only while it is called.  Never makes a socket, never reads a file. */
#ifndef NJIWA_NET_DNS_H
#define NJIWA_NET_DNS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/str.h"

#define DNS_NAME_MAX 253     /* octets of a name as text */
#define DNS_SERVERS_MAX 3    /* as in resolv.conf */
#define DNS_RECORDS_MAX 32   /* of one answer; more are left out */
#define DNS_QUERIES_MAX 64   /* at the same time */
#define DNS_TRIES_MAX 3      /* by UDP, of one question */
#define DNS_BATCHES_MAX 1000 /* sets of ports in one resolver's life */

enum dns_type {
	DNS_A = 1,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28
};

enum dns_status {
	DNS_PENDING,
	DNS_FOUND,   /* there are records */
	DNS_NO_DATA, /* the name is there, but nothing of this type */
	DNS_NO_NAME, /* there is no such name (NXDOMAIN) */
	DNS_FAILED,  /* servers that fail or refuse, aliases in a loop */
	DNS_TIMEOUT
};

struct dns_record {
	uint16_t preference; /* of an MX */
	/* A, AAAA: 4 or 16 octets; PTR, MX: a name as text, without the dot
	 * at its end ("" is the root); TXT: its strings, put together */
	struct str data;
};

struct dns_answer {
	enum dns_status status;
	uint32_t ttl; /* seconds; 0 when it is not known */
	size_t count;
	struct dns_record records[DNS_RECORDS_MAX];
};

/* Empties the answer and gives its memory back. */
void dns_answer_release(struct dns_answer *answer);

/*
 * Gives descriptors, non-blocking, which the resolver closes.  UDP (server is
 * -1): one for each server, connected to it, from a port that nobody could
 * guess; their number, DNS_SERVERS_MAX at most.  TCP: one, connected or
 * connecting to that server; 1.  -errno when there are none to be had.
 */
typedef int dns_open(void *ctx, int server, int fds[DNS_SERVERS_MAX]);

struct dns;       /* a resolver */
struct dns_query; /* one of its questions */

/* A resolver whose questions may take timeout ms each, dns_wait's limit being
 * another matter. */
struct dns *dns_new(dns_open *get_fds, void *ctx, int64_t timeout);
void dns_free(struct dns *dns); /* its queries too; NULL is fine */

/*
 * Asks; the query is the resolver's, and is answered at once where the name is
 * none (DNS_NO_NAME) or there are DNS_QUERIES_MAX already (DNS_FAILED).  When
 * nothing is under way the question goes out of new ports.
 */
struct dns_query *dns_ask(
    struct dns *dns, struct slice name, enum dns_type type);

/* The answer so far, borrowed until dns_drop or dns_free. */
const struct dns_answer *dns_answer_of(const struct dns_query *query);

/* Forgets the query, answered or not; NULL is fine, dns then too. */
void dns_drop(struct dns *dns, struct dns_query *query);

/* Takes what has come, and asks again where it is time; without waiting. */
void dns_poll(struct dns *dns);

/* Waits until all is answered; what is not at the deadline (clock.h) is
 * DNS_TIMEOUT. */
void dns_wait(struct dns *dns, int64_t deadline);

/* ---- dns_name.c ---- */

/* Is it a name that can be asked for: labels of 1 to 63 letters, digits, '-',
 * '_' and '/', DNS_NAME_MAX octets at most, a dot at its end or not? */
bool dns_name_valid(struct slice name);

/* Appends the name under which an address is found in a zone: "1.2.0.192" or
 * 32 nibbles (RFC 5782, RFC 3596), a dot, and the zone.  False for no
 * address.  dns_name_reverse uses in-addr.arpa or ip6.arpa. */
bool dns_name_in_zone(const char *address, struct slice zone, struct str *out);
bool dns_name_reverse(const char *address, struct str *out);

#endif
