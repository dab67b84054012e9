/* What the client calls itself, as far as that needs no look-up: not us, not
 * another's address, and a name in full (RFC 5321 section 2.3.5). */
#include <stdio.h>

#include "common/msg/address.h"
#include "common/net/network.h"
#include "common/svc/check/rows.h"

static bool
is_on(const struct settings *settings)
{
	return check_is_on(settings->check_helo_identity) ||
	       check_is_on(settings->check_helo_syntax);
}

/* The dot of the root changes nothing. */
static void
cut_root(struct slice *name)
{
	if (name->len && name->ptr[name->len - 1] == '.')
		name->len--;
}

static const char *
wrong_identity(const struct checks *c, struct slice name)
{
	const struct peer *peer = c->about.peer;
	bool literal = address_cut_literal(&name);

	cut_root(&name);
	if (slice_is_nocase(name, c->about.settings->hostname))
		return "your HELO is the name of this server";
	if (network_same_host(name, peer->local_address) &&
	    !network_same_host(name, peer->address))
		return "your HELO is the address of this server";
	if (literal && !network_same_host(name, peer->address) &&
	    !check_is_private(c))
		return "your HELO is not your address";
	return NULL;
}

static const char *
wrong_syntax(struct slice name)
{
	struct slice rest = name;
	struct network address;

	if (address_cut_literal(&rest))
		return NULL;
	if (network_of_host(name, &address))
		return "your HELO is an address without brackets";
	cut_root(&name);
	if (slice_find(name, '.') == name.len)
		return "your HELO is not a name in full";
	return NULL;
}

static void
judge(struct checks *c, struct check_finding *f)
{
	const struct settings *set = c->about.settings;
	struct slice name = str_slice(c->about.helo);
	const char *setting = set->check_helo_identity;
	const char *wrong = NULL;

	if (name.len == 0)
		return; /* nobody said it: of a client that is explained */
	if (check_is_on(setting))
		wrong = wrong_identity(c, name);
	if (wrong == NULL && check_is_on(set->check_helo_syntax)) {
		setting = set->check_helo_syntax;
		wrong = wrong_syntax(name);
	}
	f->result = CHECK_PASS;
	if (wrong) {
		check_fail(f, setting);
		str_append_cstr(&f->reason, wrong);
	}
}

const struct check check_helo = {
	.name = "helo",
	.stage = CHECK_HELO,
	.is_on = is_on,
	.judge = judge,
};
