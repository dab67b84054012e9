#include "common/msg/date.h"
#include "common/msg/received.h"

/* Appends a name that somebody claims, at most RECEIVED_NAME_MAX octets of it,
 * what has no place in a domain or literal as '?'. */
static void
put_name(struct slice name, struct str *out)
{
	static const char allowed[] = "-._:[]";
	size_t i;

	name = slice_head(name, RECEIVED_NAME_MAX);
	if (name.len == 0)
		str_append_cstr(out, "unknown");
	for (i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			    (c >= 'A' && c <= 'Z') || (c && strchr(allowed, c));

		str_append_char(out, good ? c : '?');
	}
}

/* Appends a mailbox, control characters as '?'. */
static void
put_mailbox(struct slice mailbox, struct str *out)
{
	size_t i;

	for (i = 0; i < mailbox.len; i++) {
		unsigned char c = (unsigned char)mailbox.ptr[i];

		str_append_char(out, c < ' ' || c == 0x7f ? '?' : (char)c);
	}
}

/* Appends text for a comment (RFC 5322 section 3.2.2), what has a meaning there
 * as '?'. */
static void
put_comment(struct slice text, struct str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool good =
		    c >= ' ' && c != 0x7f && c != '(' && c != ')' && c != '\\';

		str_append_char(out, good ? (char)c : '?');
	}
}

/* Appends "from helo (name [192.0.2.1])". */
static void
put_from(const struct received *received, struct str *out)
{
	const char *name = received->client_name ? received->client_name : "";

	str_append_cstr(out, "from ");
	if (received->hidden) {
		/* the clause must be there (RFC 5321 section 4.4), and names
		 * a domain that nobody has (RFC 6761 section 6.4) */
		str_append_cstr(out, "hidden.invalid");
		return;
	}
	put_name(received->helo, out);
	if (received->client[0] == '\0')
		str_append_cstr(out, " (local)");
	else
		str_appendf(out, " (%s%s[%s%s])", name, name[0] ? " " : "",
		    strchr(received->client, ':') ? "IPv6:" : "",
		    received->client);
}

/* The cipher suite's registered name (RFC 8314 section 4.3), the last word of
 * the description; "" when it is none. */
static const char *
cipher(const char *tls)
{
	const char *blank = strrchr(tls, ' ');
	const char *name = blank ? blank + 1 : tls;

	return strncmp(name, "TLS_", 4) == 0 ? name : "";
}

const char *
received_with(const struct received *received)
{
	/* [utf8][lmtp][tls][authenticated] */
	static const char *const words[2][2][2][2] = {
		{ { { "ESMTP", "ESMTPA" }, { "ESMTPS", "ESMTPSA" } },
		    { { "LMTP", "LMTPA" }, { "LMTPS", "LMTPSA" } } },
		{ { { "UTF8SMTP", "UTF8SMTPA" },
		      { "UTF8SMTPS", "UTF8SMTPSA" } },
		    { { "UTF8LMTP", "UTF8LMTPA" },
			{ "UTF8LMTPS", "UTF8LMTPSA" } } },
	};

	if (!received->extended && !received->lmtp)
		return "SMTP";
	return words[received->utf8][received->lmtp][received->tls[0] != '\0']
		    [received->authenticated];
}

void
received_format(const struct received *received, struct str *out)
{
	struct slice rcpt = received->recipient;
	const char *suite = cipher(received->tls);

	str_append_cstr(out, "Received: ");
	put_from(received, out);
	str_append_cstr(out, "\n\tby ");
	put_name(slice_from(received->host), out);
	str_appendf(
	    out, " with %s id %s", received_with(received), received->id);
	if (received->user.len) {
		str_append_cstr(out, "\n\t(user ");
		put_comment(received->user, out);
		str_append_char(out, ')');
	}
	if (rcpt.len && (received->utf8 || slice_is_ascii(rcpt))) {
		str_append_cstr(out, "\n\tfor <");
		put_mailbox(rcpt, out);
		str_append_char(out, '>');
	}
	if (suite[0])
		str_appendf(out, "\n\ttls %s", suite);
	str_append_cstr(out, ";\n\t");
	date_format(received->when, received->offset, out);
	str_append_char(out, '\n');
}

void
received_return_path(struct slice path, struct str *out)
{
	str_append_cstr(out, "Return-Path: <");
	put_mailbox(path, out);
	str_append_cstr(out, ">\n");
}

void
received_delivered_to(struct slice mailbox, struct str *out)
{
	str_append_cstr(out, "Delivered-To: ");
	put_mailbox(mailbox, out);
	str_append_char(out, '\n');
}
