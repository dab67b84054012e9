/* Is the name of HELO, or the sender's domain, one that mail can go to? */
#include <stdlib.h>

#include "common/svc/check/ask.h"
#include "common/svc/check/rows.h"
#include "common/base/mem.h"

struct domain {
	struct dns_query *queries[3]; /* MX, A, AAAA */
};

static const enum dns_type types[3] = { DNS_MX, DNS_A, DNS_AAAA };

enum domain_state {
	DOMAIN_GOOD,
	DOMAIN_NONE,    /* nothing of the three */
	DOMAIN_NO_MAIL, /* it says so itself (RFC 7505) */
	DOMAIN_UNKNOWN
};

static void
ask(struct checks *c, struct check_finding *f, struct slice name)
{
	struct domain *state = mem_zalloc(1, sizeof *state);
	size_t i;

	for (i = 0; i < 3; i++)
		state->queries[i] = check_ask(c, name, types[i]);
	f->state = state;
}

static void
forget(struct checks *c, struct check_finding *f)
{
	struct domain *state = f->state;
	size_t i;

	for (i = 0; i < 3; i++)
		dns_drop(c->dns, state->queries[i]);
	free(state);
}

static bool
is_null_mx(const struct dns_answer *mx)
{
	return mx->status == DNS_FOUND && mx->count == 1 &&
	       mx->records[0].data.len == 0;
}

static enum domain_state
look(struct checks *c, const struct domain *state)
{
	bool unknown = false;
	size_t i;

	check_wait(c);
	if (is_null_mx(dns_answer_of(state->queries[0])))
		return DOMAIN_NO_MAIL;
	for (i = 0; i < 3; i++) {
		enum dns_status status =
		    dns_answer_of(state->queries[i])->status;

		if (status == DNS_FOUND)
			return DOMAIN_GOOD;
		unknown =
		    unknown || status == DNS_FAILED || status == DNS_TIMEOUT;
	}
	return unknown ? DOMAIN_UNKNOWN : DOMAIN_NONE;
}

/* ---- HELO ---- */

static bool
helo_is_on(const struct settings *settings)
{
	return check_is_on(settings->check_helo_dns);
}

/* A literal is check_helo's; a name without a dot is nobody's. */
static void
helo_begin(struct checks *c, struct check_finding *f)
{
	struct slice name = str_slice(c->about.helo);

	if (name.len && name.ptr[0] != '[')
		ask(c, f, name);
}

static void
helo_judge(struct checks *c, struct check_finding *f)
{
	if (f->state == NULL)
		return;
	switch (look(c, f->state)) {
	case DOMAIN_UNKNOWN:
		f->result = CHECK_TEMPERROR;
		return;
	case DOMAIN_NONE:
		check_fail(f, c->about.settings->check_helo_dns);
		str_append_cstr(&f->reason, "your HELO is not in the DNS");
		return;
	case DOMAIN_GOOD:
	case DOMAIN_NO_MAIL: /* a host that only sends */
		f->result = CHECK_PASS;
	}
}

const struct check check_helo_dns = {
	.name = "helo-dns",
	.stage = CHECK_HELO,
	.dns = true,
	.is_on = helo_is_on,
	.begin = helo_begin,
	.judge = helo_judge,
	.forget = forget,
};

/* ---- MAIL ---- */

/* Of the enhanced codes of RFC 3463 and RFC 7505; %s: the reason. */
static const struct reply
    /* clang-format off */
reply_unknown = { 550, "5.1.8", "Not accepted from you: %s" },
reply_unknown_now = { 450, "4.1.8", "Not accepted for now: %s" },
reply_no_mail = { 550, "5.7.27", "Not accepted from you: %s" };
/* clang-format on */

static bool
sender_is_on(const struct settings *settings)
{
	return check_is_on(settings->check_sender_domain);
}

static struct slice
sender_domain(const struct checks *c)
{
	struct slice sender = str_slice(c->about.sender);
	size_t at = sender.len;

	while (at && sender.ptr[at - 1] != '@')
		at--;
	return at ? slice_skip(sender, at) : slice_from("");
}

/* A domain with letters above ASCII (RFC 6531) is in the DNS by another name
 * (RFC 5890), which nobody here makes: it is not looked into. */
static void
sender_begin(struct checks *c, struct check_finding *f)
{
	struct slice domain = sender_domain(c);

	if (domain.len && domain.ptr[0] != '[' && slice_is_ascii(domain))
		ask(c, f, domain);
}

static void
sender_fail(struct checks *c, struct check_finding *f, bool no_mail)
{
	struct slice domain = sender_domain(c);

	check_fail(f, c->about.settings->check_sender_domain);
	if (f->action == CHECK_REJECT)
		f->reply = no_mail ? &reply_no_mail : &reply_unknown;
	else if (f->action == CHECK_DEFER)
		f->reply = &reply_unknown_now;
	str_appendf(&f->reason, "the sender's domain %.*s %s",
	    SLICE_FMT(domain), no_mail ? "takes no mail" : "is not in the DNS");
}

static void
sender_judge(struct checks *c, struct check_finding *f)
{
	enum domain_state state;

	if (f->state == NULL)
		return;
	state = look(c, f->state);
	if (state == DOMAIN_GOOD)
		f->result = CHECK_PASS;
	else if (state == DOMAIN_UNKNOWN)
		f->result = CHECK_TEMPERROR;
	else
		sender_fail(c, f, state == DOMAIN_NO_MAIL);
}

const struct check check_sender_domain = {
	.name = "sender-domain",
	.stage = CHECK_MAIL,
	.dns = true,
	.is_on = sender_is_on,
	.begin = sender_begin,
	.judge = sender_judge,
	.forget = forget,
};
