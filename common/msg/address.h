/* SMTP mailboxes and paths (RFC 5321 section 4.1.2), IPv4 and IPv6 literals,
 * quoted local parts, source routes.  Never resolves and never lower-cases. */
#ifndef NJIWA_MSG_ADDRESS_H
#define NJIWA_MSG_ADDRESS_H

#include "common/base/slice.h"
#include "common/base/str.h"

/* A local part may take what the path leaves it: bounces and forwarders make
 * some of more than the 64 octets that everybody must take (RFC 5321 section
 * 4.5.3.1.1). */
#define ADDRESS_DOMAIN_MAX 255 /* octets of a domain (4.5.3.1.2) */
#define ADDRESS_PATH_MAX 256   /* octets of a path with its brackets (.3) */

/* A parsed mailbox; the slices borrow from what was parsed. */
struct address {
	struct slice local; /* as written, quotes included */
	struct slice
	    domain;   /* as written, "[...]" for a literal; empty only for
		       * <> and <postmaster> */
	bool quoted;  /* the local part is a quoted string */
	bool literal; /* the domain is an address literal */
};

enum address_flags {
	ADDRESS_ALLOW_NULL = 1 << 0,       /* "<>" */
	ADDRESS_ALLOW_POSTMASTER = 1 << 1, /* "<Postmaster>" */
	ADDRESS_ALLOW_UTF8 = 1 << 2        /* RFC 6531 */
};

enum address_error {
	ADDRESS_OK,
	ADDRESS_SYNTAX,
	ADDRESS_DOMAIN_LONG,
	ADDRESS_PATH_LONG,
	ADDRESS_NOT_ASCII
};

/* Parses the path at the start of *rest ("<...>", source route ignored) and
 * eats it. */
enum address_error address_parse_path(
    struct slice *rest, unsigned flags, struct address *ret_address);

/* Parses all of text as local@domain, without brackets. */
enum address_error address_parse(
    struct slice text, unsigned flags, struct address *ret_address);

/* Appends the canonical form: local part unquoted where it may be, quoted
 * where it must, domain in lower case.  The local part's case is kept. */
void address_canonical(const struct address *address, struct str *out);

/* Is text a domain name by RFC 5321 (letters, digits, hyphens, dots, and
 * underscores; UTF-8 when allowed), or an address literal? */
bool address_is_domain(struct slice text, unsigned flags);

/* Cuts brackets and tag off a domain that looks like an address literal (RFC
 * 5321 section 4.1.3); false when it does not. */
bool address_cut_literal(struct slice *domain);

#endif
