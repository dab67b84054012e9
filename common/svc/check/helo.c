/* What the client calls itself, as far as that needs no look-up: not us, not
 * another's address, and a name in full (RFC 5321 section 2.3.5). */
#include <arpa/inet.h>
#include <stdio.h>

#include "common/svc/check/rows.h"

#define ADDRESS_OCTETS 16

static bool
is_on(const struct settings *settings)
{
	return check_is_on(settings->check_helo_identity) ||
	       check_is_on(settings->check_helo_syntax);
}

/* Octets of the address in text, 0 when it is none. */
static size_t
parse_address(struct slice text, unsigned char octets[ADDRESS_OCTETS])
{
	char copy[PEER_ADDRESS_MAX];

	if (text.len >= sizeof copy)
		return 0;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, octets) == 1)
		return 4;
	return inet_pton(AF_INET6, copy, octets) == 1 ? ADDRESS_OCTETS : 0;
}

static bool
same_address(struct slice text, const char *other)
{
	unsigned char a[ADDRESS_OCTETS], b[ADDRESS_OCTETS];
	size_t len = parse_address(text, a);

	return len && len == parse_address(slice_from(other), b) &&
	       memcmp(a, b, len) == 0;
}

static bool
is_address(struct slice text)
{
	unsigned char octets[ADDRESS_OCTETS];

	return parse_address(text, octets) > 0;
}

/* Cuts the brackets and the tag of a literal off (RFC 5321 section 4.1.3). */
static bool
cut_literal(struct slice *name)
{
	if (name->len < 2 || name->ptr[0] != '[' ||
	    name->ptr[name->len - 1] != ']')
		return false;
	*name = slice_of(name->ptr + 1, name->len - 2);
	if (slice_starts_nocase(*name, "IPv6:"))
		*name = slice_skip(*name, strlen("IPv6:"));
	return true;
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
	bool literal = cut_literal(&name);

	cut_root(&name);
	if (slice_is_nocase(name, c->about.settings->hostname))
		return "your HELO is the name of this server";
	if (same_address(name, peer->local_address) &&
	    !same_address(name, peer->address))
		return "your HELO is the address of this server";
	if (literal && !same_address(name, peer->address) &&
	    !check_is_private(c))
		return "your HELO is not your address";
	return NULL;
}

static const char *
wrong_syntax(struct slice name)
{
	struct slice rest = name;

	if (cut_literal(&rest))
		return NULL;
	if (is_address(name))
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
