/* Where resolve.c looks: functions over a database, or over a test's tables.
 * Never answers UNKNOWN for what it could not look up. */
#ifndef NJIWA_ACCOUNT_SOURCE_H
#define NJIWA_ACCOUNT_SOURCE_H

#include "common/account/account.h"
#include "common/account/idna.h"

/* Domains that one address may be looked up under, its own and those that it is
 * an alias of. */
#define ACCOUNT_DOMAINS_MAX 8

/* A name taken apart: local part as given, domain in lower case. */
struct account_name {
	struct slice user;   /* whole */
	struct slice local;  /* before the last @ */
	struct slice domain; /* behind it, "" when there is none */
};

/* Takes address apart; buffer holds the copy that ret_name borrows from.
 * False when it is empty, above ACCOUNT_NAME_MAX, or has an octet that no name
 * has (control, DEL, not UTF-8), or a blank in the domain. */
bool account_name_parse(
    struct slice address, struct str *buffer, struct account_name *ret_name);

/*
 * Cuts the detail off a local part: what is behind the first of delimiters that
 * is not its first octet (RFC 5233 section 4, Postfix's recipient_delimiter).
 * False when there is none; the detail may be empty.  buffer holds the name
 * without it; *ret_detail is a part of name.
 */
bool account_name_split(const struct account_name *name, const char *delimiters,
    struct str *buffer, struct account_name *ret_base,
    struct slice *ret_detail);

/* Each function: FOUND, UNKNOWN, or TEMPFAIL with err filled. */
struct account_source {
	/* Is the domain ours?  When it is only another name for a domain, that
	 * one is appended to alias_of. */
	enum account_outcome (*domain)(void *ctx,
	    const struct account_name *name, struct str *alias_of,
	    struct err *err);
	/* The mailbox of that very name. */
	enum account_outcome (*user)(void *ctx, const struct account_name *name,
	    struct account_user *ret_user, struct err *err);
	/* Its alias: FOUND appends the targets, separated by |; or DROP.  For a
	 * catch-all the local part is "" and the whole name "@domain". */
	enum account_outcome (*alias)(void *ctx,
	    const struct account_name *name, struct str *targets,
	    struct err *err);
	/* Both forms of a domain beyond ASCII (idna_find_forms), under which
	 * its names are looked up, A-labels first; NULL: as it is written. */
	enum account_outcome (*forms)(
	    struct slice domain, struct idna_forms *forms, struct err *err);
	/* Something that the administrator should mend; may be NULL. */
	void (*notice)(void *ctx, const char *text);
	/* Each step and what it found, a line each; may be NULL. */
	void (*trace)(void *ctx, const char *text);
	void *ctx;
	const char *delimiters;  /* of subaddresses, "" for none */
	bool mailbox_first;      /* an alias of a mailbox's name is not asked */
	bool users_make_domains; /* whoever has a mailbox is in our domain */
};

/*
 * Where does mail for the address go?  As account_resolve.  What is more exact
 * goes first: the very name as an alias or a mailbox, under its own domain,
 * then under the domain which that is an alias of; then, in the same way, the
 * name without its detail; then the catch-all, the alias of "@domain".
 *
 * An address of another's domain is NOT_LOCAL, what is no address at all
 * UNKNOWN.  Targets come once each, with the detail of the address that led to
 * them first.  Targets that do not exist or are disabled are left out with a
 * notice while any other is there; where all are, that is the answer.  An alias
 * that leads nowhere, too deep or to too many is TEMPFAIL, for that is a
 * mistake which somebody will mend.  One that leads to drops alone is DROP.
 */
enum account_outcome account_expand(const struct account_source *source,
    struct slice address, struct account_targets *ret_targets, struct err *err);

#endif
