/* The state of one look-up of an address: what was met on the way and what was
 * found.  Never decides where to look (resolve.c). */
#ifndef NJIWA_ACCOUNT_EXPANSION_H
#define NJIWA_ACCOUNT_EXPANSION_H

#include "common/account/source.h"

/* Addresses that one look-up may meet: aliases and targets. */
#define VISITS_MAX (2 * ACCOUNT_TARGETS_MAX)

/* An address that was met, in the order of meeting. */
struct visit {
	char *address;
	char *detail; /* of the address whose alias led here; NULL: none */
	char *self;   /* the alias that listed itself by this address: its
		       * mailbox is meant; may be NULL */
	unsigned int depth; /* aliases it took to get here */
};

/* What was last said of a domain: many addresses are of the same. */
struct domain_memory {
	struct str domain, alias_of;
	enum account_outcome outcome;
};

struct expansion {
	const struct account_source *source;
	struct visit *visits;
	size_t count, cap;
	struct account_targets targets;
	size_t targets_cap;
	struct domain_memory memory;
	struct idna_forms forms; /* of the domain that is looked up under, */
	bool has_forms;          /* if it is beyond ASCII */
	bool dropped, disabled;
	struct err *err;
};

/* What one step says about a name; GO_ON asks the next step. */
enum step {
	STEP_DONE,
	STEP_GO_ON,
	STEP_ELSEWHERE, /* the domain is not ours */
	STEP_FAILED     /* TEMPFAIL for the whole */
};

/* Tells the administrator what is wrong with the target of an alias. */
void expansion_notice(
    struct expansion *e, const struct visit *visit, const char *what);

/* Tells who listens for each step: "mailbox ann@one.dev: none". */
void expansion_trace(struct expansion *e, const char *what,
    const struct account_name *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Ends it all: the alias that was asked for is what the text says. */
enum step expansion_give_up(struct expansion *e, const char *what);

/* Has the very address been met?  A case-blind database may let a loop pass
 * here in another spelling; there are only so many. */
bool expansion_was_met(const struct expansion *e, struct slice address);

/* Notes an address to be visited, and the detail for what it leads to; from is
 * the visit whose alias names it, NULL for the first one. */
struct visit *expansion_meet(struct expansion *e, struct slice address,
    struct slice detail, const struct visit *from);

/* Takes target over; a second one for the same place is freed. */
enum step expansion_add(struct expansion *e, struct account_target target);

void expansion_release(struct expansion *e);

#endif
