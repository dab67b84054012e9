#include <arpa/inet.h>

#include "common/base/enc.h"
#include "common/msg/address.h"

#define LABEL_MAX 63 /* octets of a label (RFC 1035 section 2.3.4) */
#define LITERAL_TAG "IPv6:"
#define POSTMASTER "postmaster"

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool
is_utf8(char c)
{
	return (unsigned char)c >= 0x80;
}

/* atext (RFC 5322 section 3.2.3); UTF8-non-ascii (RFC 6531) is for the caller
 * to allow or not. */
static bool
is_atext(char c)
{
	return is_alnum(c) || is_utf8(c) ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* What a label is made of.  An underscore is none of RFC 5321's, but hosts are
 * called so (VIOLATIONS.md). */
static bool
is_label_octet(char c)
{
	return is_alnum(c) || is_utf8(c) || c == '-' || c == '_';
}

/* Octets of the Dot-string at the start of text; 0 when there is none. */
static size_t
scan_dot_string(struct slice text)
{
	size_t i = 0;

	for (;;) {
		size_t start = i;

		while (i < text.len && is_atext(text.ptr[i]))
			i++;
		if (i == start)
			return 0;
		if (i == text.len || text.ptr[i] != '.')
			return i;
		i++;
	}
}

/* Octets of the Quoted-string at the start of text; 0 when there is none. */
static size_t
scan_quoted(struct slice text)
{
	size_t i;

	for (i = 1; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '"')
			return i + 1;
		if (c == '\\' && (++i == text.len || is_utf8(text.ptr[i])))
			return 0;
		c = text.ptr[i];
		if ((c >= 0 && c < ' ') || c == 0x7f)
			return 0;
	}
	return 0;
}

/* Octets of the sub-domain at the start of text; 0 when there is none. */
static size_t
scan_label(struct slice text)
{
	size_t n = 0;

	while (n < text.len && is_label_octet(text.ptr[n]))
		n++;
	if (n == 0 || n > LABEL_MAX || text.ptr[0] == '-' ||
	    text.ptr[n - 1] == '-')
		return 0;
	return n;
}

/* Octets of the Domain at the start of text; 0 when there is none. */
static size_t
scan_domain(struct slice text)
{
	size_t i = 0;

	for (;;) {
		size_t n = scan_label(slice_skip(text, i));

		if (n == 0)
			return 0;
		i += n;
		if (i == text.len || text.ptr[i] != '.')
			return i;
		i++;
	}
}

/* Is text what inet_pton takes for an address of that family?  It is strict:
 * no leading zeros in IPv4, one "::", at most eight groups of four digits. */
static bool
is_ip(int family, struct slice text)
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];

	if (text.len >= sizeof copy || slice_find(text, '\0') < text.len)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, address) == 1;
}

/* May the "::" of an IPv6 address, if it has one, stand where it does?  It is
 * for two groups at least (RFC 5321 section 4.1.3), which leaves six; a dotted
 * quad is two of them. */
static bool
is_compressed_well(struct slice text)
{
	struct slice rest = text, group;
	size_t groups = 0, empty = 0;

	while (slice_next(&rest, ':', &group)) {
		if (group.len == 0)
			empty++;
		else
			groups += slice_find(group, '.') < group.len ? 2 : 1;
	}
	return empty == 0 || groups <= 6;
}

/* Octets of the address literal at the start of text, brackets included; 0
 * when there is none.  A tag but IPv6: is of a kind that nobody has
 * standardized, so it is no address (RFC 5321 section 4.1.3). */
static size_t
scan_literal(struct slice text)
{
	size_t end = slice_find(text, ']');
	struct slice inner;

	if (end == text.len)
		return 0;
	inner = slice_skip(slice_head(text, end), 1);
	if (slice_starts_nocase(inner, LITERAL_TAG)) {
		inner = slice_skip(inner, strlen(LITERAL_TAG));
		return is_ip(AF_INET6, inner) && is_compressed_well(inner)
			   ? end + 1
			   : 0;
	}
	return is_ip(AF_INET, inner) ? end + 1 : 0;
}

static bool
starts_with(struct slice text, char c)
{
	return text.len && text.ptr[0] == c;
}

/* Eats a domain or literal off *rest into *ret_domain. */
static enum address_error
eat_domain(struct slice *rest, struct slice *ret_domain, bool *ret_literal)
{
	bool literal = starts_with(*rest, '[');
	size_t n = literal ? scan_literal(*rest) : scan_domain(*rest);

	if (n == 0)
		return ADDRESS_SYNTAX;
	if (n > ADDRESS_DOMAIN_MAX)
		return ADDRESS_DOMAIN_LONG;
	*ret_domain = slice_head(*rest, n);
	*ret_literal = literal;
	*rest = slice_skip(*rest, n);
	return ADDRESS_OK;
}

/* Eats a local part off *rest into *address. */
static enum address_error
eat_local(struct slice *rest, struct address *address)
{
	size_t n;

	address->quoted = starts_with(*rest, '"');
	n = address->quoted ? scan_quoted(*rest) : scan_dot_string(*rest);
	if (n == 0)
		return ADDRESS_SYNTAX;
	address->local = slice_head(*rest, n);
	*rest = slice_skip(*rest, n);
	return ADDRESS_OK;
}

static bool
has_utf8(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (is_utf8(text.ptr[i]))
			return true;
	return false;
}

/* Has valid UTF-8 a control character above ASCII (U+0080 to U+009F)? */
static bool
has_c1(struct slice text)
{
	size_t i;

	for (i = 1; i < text.len; i++)
		if (text.ptr[i - 1] == '\xc2' &&
		    (unsigned char)text.ptr[i] < 0xa0)
			return true;
	return false;
}

/* The octets above ASCII of the text: allowed here, and UTF-8? */
static enum address_error
check_octets(struct slice text, unsigned flags)
{
	if (!has_utf8(text))
		return ADDRESS_OK;
	if ((flags & ADDRESS_ALLOW_UTF8) == 0)
		return ADDRESS_NOT_ASCII;
	return enc_utf8_valid(text) && !has_c1(text) ? ADDRESS_OK
						     : ADDRESS_SYNTAX;
}

/* Eats local@domain off *rest. */
static enum address_error
eat_mailbox(struct slice *rest, unsigned flags, struct address *address)
{
	struct slice whole = *rest;
	enum address_error error = eat_local(rest, address);

	if (error != ADDRESS_OK)
		return error;
	if (!starts_with(*rest, '@'))
		return ADDRESS_SYNTAX;
	*rest = slice_skip(*rest, 1);
	error = eat_domain(rest, &address->domain, &address->literal);
	if (error != ADDRESS_OK)
		return error;
	return check_octets(slice_head(whole, whole.len - rest->len), flags);
}

/* Eats a source route "@one,@two:" off *rest, if there is one. */
static enum address_error
eat_route(struct slice *rest, unsigned flags)
{
	while (starts_with(*rest, '@')) {
		struct slice domain;
		enum address_error error;
		bool literal;

		*rest = slice_skip(*rest, 1);
		error = eat_domain(rest, &domain, &literal);
		if (error == ADDRESS_OK)
			error = check_octets(domain, flags);
		if (error != ADDRESS_OK)
			return error;
		if (starts_with(*rest, ':')) {
			*rest = slice_skip(*rest, 1);
			return ADDRESS_OK;
		}
		if (!starts_with(*rest, ','))
			return ADDRESS_SYNTAX;
		*rest = slice_skip(*rest, 1);
		if (!starts_with(*rest, '@'))
			return ADDRESS_SYNTAX;
	}
	return ADDRESS_OK;
}

/* Eats the inside of a path that stands for itself: nothing, or Postmaster.
 * False when it is neither, or not allowed. */
static bool
eat_special(struct slice *rest, unsigned flags, struct address *address)
{
	size_t n = 0;

	if (flags & ADDRESS_ALLOW_POSTMASTER &&
	    slice_starts_nocase(*rest, POSTMASTER))
		n = strlen(POSTMASTER);
	else if ((flags & ADDRESS_ALLOW_NULL) == 0)
		return false;
	if (!starts_with(slice_skip(*rest, n), '>'))
		return false;
	address->local = slice_head(*rest, n);
	*rest = slice_skip(*rest, n);
	return true;
}

enum address_error
address_parse_path(
    struct slice *rest, unsigned flags, struct address *ret_address)
{
	struct address address = { { "", 0 }, { "", 0 }, false, false };
	struct slice at = *rest;
	enum address_error error;

	if (!starts_with(at, '<'))
		return ADDRESS_SYNTAX;
	at = slice_skip(at, 1);
	if (!eat_special(&at, flags, &address)) {
		error = eat_route(&at, flags);
		if (error == ADDRESS_OK)
			error = eat_mailbox(&at, flags, &address);
		if (error != ADDRESS_OK)
			return error;
	}
	if (!starts_with(at, '>'))
		return ADDRESS_SYNTAX;
	at = slice_skip(at, 1);
	if (rest->len - at.len > ADDRESS_PATH_MAX)
		return ADDRESS_PATH_LONG;
	*rest = at;
	*ret_address = address;
	return ADDRESS_OK;
}

enum address_error
address_parse(struct slice text, unsigned flags, struct address *ret_address)
{
	struct address address = { { "", 0 }, { "", 0 }, false, false };
	struct slice rest = text;
	enum address_error error = eat_mailbox(&rest, flags, &address);

	if (error != ADDRESS_OK)
		return error;
	if (rest.len)
		return ADDRESS_SYNTAX;
	if (text.len > ADDRESS_PATH_MAX - strlen("<>"))
		return ADDRESS_PATH_LONG;
	*ret_address = address;
	return ADDRESS_OK;
}

/* Appends what a quoted local part means, quotes and backslashes gone. */
static void
unquote(struct slice quoted, struct str *out)
{
	size_t i;

	for (i = 1; i + 1 < quoted.len; i++) {
		if (quoted.ptr[i] == '\\')
			i++;
		str_append_char(out, quoted.ptr[i]);
	}
}

void
address_canonical(const struct address *address, struct str *out)
{
	STR_AUTO local = STR_INIT;
	size_t i;

	if (!address->quoted) {
		str_append(out, address->local);
	} else {
		unquote(address->local, &local);
		if (local.len &&
		    scan_dot_string(str_slice(&local)) == local.len)
			str_append(out, str_slice(&local));
		else
			str_append_quoted(out, str_slice(&local));
	}
	if (address->domain.len == 0)
		return;
	str_append_char(out, '@');
	for (i = 0; i < address->domain.len; i++) {
		char c = address->domain.ptr[i];

		str_append_char(
		    out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
}

bool
address_is_domain(struct slice text, unsigned flags)
{
	struct slice rest = text, domain;
	bool literal;

	return eat_domain(&rest, &domain, &literal) == ADDRESS_OK &&
	       rest.len == 0 && check_octets(text, flags) == ADDRESS_OK;
}

bool
address_cut_literal(struct slice *domain)
{
	if (domain->len < 2 || domain->ptr[0] != '[' ||
	    domain->ptr[domain->len - 1] != ']')
		return false;
	*domain = slice_of(domain->ptr + 1, domain->len - 2);
	if (slice_starts_nocase(*domain, LITERAL_TAG))
		*domain = slice_skip(*domain, strlen(LITERAL_TAG));
	return true;
}
