/* Has the client's address a name that has the address in turn (RFC 8601
 * section 2.7.3, FCrDNS)? */
#include <arpa/inet.h>
#include <stdlib.h>

#include "common/svc/check/ask.h"
#include "common/svc/check/rows.h"
#include "common/base/mem.h"

#define NAMES_MAX 10 /* PTR records that are followed (RFC 7208 5.5) */

struct iprev {
	struct dns_query *ptr;
	struct dns_query *addresses[NAMES_MAX];
	bool asked; /* for the addresses */
};

static bool
is_on(const struct settings *settings)
{
	return check_is_on(settings->check_reverse_dns);
}

static void
begin(struct checks *c, struct check_finding *f)
{
	STR_AUTO name = STR_INIT;
	struct iprev *state;

	if (check_is_private(c) ||
	    !dns_name_reverse(c->about.peer->address, &name))
		return;
	state = mem_zalloc(1, sizeof *state);
	state->ptr = check_ask(c, str_slice(&name), DNS_PTR);
	f->state = state;
}

static void
advance(struct checks *c, struct check_finding *f)
{
	struct iprev *state = f->state;
	const struct dns_answer *names = dns_answer_of(state->ptr);
	enum dns_type type = c->about.peer->ipv6 ? DNS_AAAA : DNS_A;
	size_t i;

	if (state->asked || names->status == DNS_PENDING)
		return;
	state->asked = true;
	for (i = 0; i < names->count && i < NAMES_MAX; i++)
		state->addresses[i] =
		    check_ask(c, str_slice(&names->records[i].data), type);
}

static bool
has_address(const struct dns_answer *answer, const char *address)
{
	unsigned char octets[16];
	size_t len = strchr(address, ':') ? 16 : 4, i;

	if (inet_pton(len == 16 ? AF_INET6 : AF_INET, address, octets) != 1)
		return false;
	for (i = 0; i < answer->count; i++)
		if (slice_equal(str_slice(&answer->records[i].data),
			slice_of((const char *)octets, len)))
			return true;
	return false;
}

static bool
is_unknown(const struct dns_answer *answer)
{
	return answer->status == DNS_FAILED || answer->status == DNS_TIMEOUT;
}

static void
pass(struct check_finding *f, const struct iprev *state, size_t i)
{
	const struct dns_answer *names = dns_answer_of(state->ptr);
	const struct dns_answer *found = dns_answer_of(state->addresses[i]);

	f->result = CHECK_PASS;
	f->ttl = names->ttl < found->ttl ? names->ttl : found->ttl;
	if (dns_name_valid(str_slice(&names->records[i].data)))
		str_appendf(
		    &f->properties, " (%s)", str_cstr(&names->records[i].data));
}

static void
judge(struct checks *c, struct check_finding *f)
{
	const char *address = c->about.peer->address;
	struct iprev *state = f->state;
	const struct dns_answer *names;
	size_t i;

	if (state == NULL)
		return;
	check_wait(c);
	advance(c, f);
	check_wait(c);
	names = dns_answer_of(state->ptr);
	str_appendf(&f->properties, "policy.iprev=%s%s%s",
	    c->about.peer->ipv6 ? "\"" : "", address,
	    c->about.peer->ipv6 ? "\"" : "");
	f->ttl = names->ttl;
	f->result = is_unknown(names) ? CHECK_TEMPERROR : CHECK_FAIL;
	for (i = 0; i < NAMES_MAX && state->addresses[i]; i++) {
		const struct dns_answer *found =
		    dns_answer_of(state->addresses[i]);

		if (has_address(found, address)) {
			pass(f, state, i);
			return;
		}
		f->ttl = found->ttl < f->ttl ? found->ttl : f->ttl;
		if (is_unknown(found))
			f->result = CHECK_TEMPERROR;
	}
	if (f->result == CHECK_TEMPERROR) {
		f->ttl = 0;
		return;
	}
	check_fail(f, c->about.settings->check_reverse_dns);
	str_append_cstr(&f->reason,
	    names->count ? "the name of your address does not have the address"
			 : "your address has no name in the DNS");
}

static void
forget(struct checks *c, struct check_finding *f)
{
	struct iprev *state = f->state;
	size_t i;

	dns_drop(c->dns, state->ptr);
	for (i = 0; i < NAMES_MAX; i++)
		dns_drop(c->dns, state->addresses[i]);
	free(state);
}

const struct check check_iprev = {
	.name = "iprev",
	.method = "iprev",
	.stage = CHECK_CONNECT,
	.dns = true,
	.is_on = is_on,
	.begin = begin,
	.advance = advance,
	.judge = judge,
	.forget = forget,
};
