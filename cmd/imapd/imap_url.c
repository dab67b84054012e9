#include "cmd/imapd/imap_url.h"

#include "common/base/enc.h"
#include "common/base/num.h"

void
imap_url_release(struct imap_url *url)
{
	str_release(&url->user);
	str_release(&url->host);
	str_release(&url->mailbox);
	str_release(&url->section);
}

/* Eats the word at the start of *rest, whatever its case. */
static bool
eat(struct slice *rest, const char *word)
{
	if (!slice_starts_nocase(*rest, word))
		return false;
	*rest = slice_skip(*rest, strlen(word));
	return true;
}

/* Eats a number that is not 0. */
static bool
eat_positive(struct slice *rest, uint32_t *ret_number)
{
	uint64_t number;

	if (!num_eat(rest, UINT32_MAX, &number) || number == 0)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* Appends text without its percent-encoding.  What is decoded is UTF-8 without
 * control characters, or it names nothing here. */
static bool
decode(struct slice text, struct str *out)
{
	uint64_t octet;
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] != '%') {
			str_append_char(out, text.ptr[i]);
			continue;
		}
		if (text.len - i < 3 ||
		    !num_parse_hex(slice_of(text.ptr + i + 1, 2), 255, &octet))
			return false;
		str_append_char(out, (char)octet);
		i += 2;
	}
	for (i = 0; i < out->len; i++)
		if ((unsigned char)out->ptr[i] < ' ' || out->ptr[i] == 0x7f)
			return false;
	return enc_utf8_valid(str_slice(out));
}

/* The octets of a URL; RFC 3986 has fewer, and is not followed by all. */
static bool
has_good_octets(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\", c))
			return false;
	}
	return text.len > 0 && text.len <= IMAP_URL_MAX;
}

/* [user [";AUTH=" mechanism] "@"] host [":" port] */
static bool
parse_server(struct slice server, struct imap_url *url)
{
	size_t at = slice_find(server, '@');
	struct slice user = { NULL, 0 }, host = server, port;
	uint64_t number;

	if (at < server.len) {
		user = slice_head(server, at);
		host = slice_skip(server, at + 1);
		user = slice_head(user, slice_find(user, ';'));
	}
	/* the colons of an IPv6 address are in brackets */
	at = host.len && host.ptr[0] == '[' ? slice_find(host, ']') : 0;
	at += slice_find(slice_skip(host, at), ':');
	port = slice_skip(host, at);
	if (port.len && (!num_parse(slice_skip(port, 1), 65535, &number)))
		return false;
	host = slice_head(host, at);
	return host.len > 0 && decode(user, &url->user) &&
	       decode(host, &url->host);
}

/* What stands up to the first ";": the mailbox, and perhaps UIDVALIDITY. */
static bool
parse_mailbox(struct slice *rest, struct imap_url *url)
{
	struct slice name = slice_head(*rest, slice_find(*rest, ';'));

	*rest = slice_skip(*rest, name.len);
	if (eat(rest, ";UIDVALIDITY=")) {
		if (!eat_positive(rest, &url->uidvalidity) || !eat(rest, "/"))
			return false;
	} else if (name.len && name.ptr[name.len - 1] == '/') {
		name.len--;
	} else if (name.len) {
		return false; /* "/" comes before ";UID=" */
	}
	return decode(name, &url->mailbox);
}

/* ";PARTIAL=" offset ["." length] */
static bool
parse_partial(struct slice *rest, struct imap_url *url)
{
	uint64_t offset;

	if (!num_eat(rest, UINT32_MAX, &offset))
		return false;
	url->partial = true;
	url->offset = (uint32_t)offset;
	return !eat(rest, ".") || eat_positive(rest, &url->length);
}

/* ";UID=" number ["/;SECTION=" section] ["/;PARTIAL=" ...] */
static bool
parse_message(struct slice rest, struct imap_url *url)
{
	struct slice section;

	if (!eat(&rest, ";UID=") || !eat_positive(&rest, &url->uid))
		return false;
	if (eat(&rest, "/;SECTION=")) {
		section = slice_head(rest, slice_find(rest, ';'));
		rest = slice_skip(rest, section.len);
		if (rest.len) { /* the "/" is that of PARTIAL */
			if (section.ptr[section.len ? section.len - 1 : 0] !=
			    '/')
				return false;
			section.len--;
			rest = slice_of(rest.ptr - 1, rest.len + 1);
		}
		if (section.len == 0 || !decode(section, &url->section))
			return false;
	}
	if (eat(&rest, "/;PARTIAL=") && !parse_partial(&rest, url))
		return false;
	return rest.len == 0;
}

bool
imap_url_parse(struct slice text, struct imap_url *url)
{
	struct slice rest = text;
	size_t slash;

	if (!has_good_octets(text))
		return false;
	url->absolute = eat(&rest, "imap://") || eat(&rest, "//");
	if (url->absolute) {
		slash = slice_find(rest, '/');
		if (!parse_server(slice_head(rest, slash), url))
			return false;
		rest = slice_skip(rest, slash);
	}
	if (!eat(&rest, "/") && (url->absolute || !slice_starts(rest, ";")))
		return false;
	return parse_mailbox(&rest, url) && parse_message(rest, url) &&
	       (!url->absolute || url->mailbox.len > 0);
}
