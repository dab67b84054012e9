/* A URL of CATENATE: what is taken has a UID, parts that are UTF-8 without
 * control characters, and says the same when it is written anew. */
#include <stdint.h>
#include <stdlib.h>

#include "cmd/imapd/imap_url.h"
#include "common/base/enc.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool good)
{
	if (!good)
		__builtin_trap();
}

static void
check_text(const struct str *text)
{
	size_t i;

	want(enc_utf8_valid(str_slice(text)));
	for (i = 0; i < text->len; i++)
		want(
		    (unsigned char)text->ptr[i] >= ' ' && text->ptr[i] != 0x7f);
}

static void
put_encoded(struct str *out, const struct str *text)
{
	size_t i;

	for (i = 0; i < text->len; i++)
		str_appendf(out, "%%%02X", (unsigned char)text->ptr[i]);
}

static void
write_anew(const struct imap_url *url, struct str *out)
{
	if (url->absolute) {
		str_append_cstr(out, "imap://");
		put_encoded(out, &url->user);
		str_append_char(out, '@');
		put_encoded(out, &url->host);
	}
	str_append_char(out, '/');
	put_encoded(out, &url->mailbox);
	if (url->uidvalidity)
		str_appendf(out, ";UIDVALIDITY=%u", url->uidvalidity);
	str_appendf(out, "%s;UID=%u",
	    url->mailbox.len || url->uidvalidity ? "/" : "", url->uid);
	if (url->section.len) {
		str_append_cstr(out, "/;SECTION=");
		put_encoded(out, &url->section);
	}
	if (url->partial)
		str_appendf(out, "/;PARTIAL=%u", url->offset);
	if (url->partial && url->length)
		str_appendf(out, ".%u", url->length);
}

static bool
same_text(const struct str *a, const struct str *b)
{
	return slice_equal(str_slice(a), str_slice(b));
}

static void
check_again(const struct imap_url *url)
{
	struct imap_url again = IMAP_URL_INIT;
	STR_AUTO text = STR_INIT;

	write_anew(url, &text);
	if (text.len <= IMAP_URL_MAX) {
		want(imap_url_parse(str_slice(&text), &again));
		want(again.uid == url->uid &&
		     again.uidvalidity == url->uidvalidity &&
		     again.partial == url->partial &&
		     again.offset == url->offset &&
		     again.length == url->length);
		want(same_text(&again.user, &url->user) &&
		     same_text(&again.host, &url->host) &&
		     same_text(&again.mailbox, &url->mailbox) &&
		     same_text(&again.section, &url->section));
	}
	imap_url_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imap_url url = IMAP_URL_INIT;

	if (imap_url_parse(slice_of((const char *)data, size), &url)) {
		want(size <= IMAP_URL_MAX && url.uid > 0);
		check_text(&url.user);
		check_text(&url.host);
		check_text(&url.mailbox);
		check_text(&url.section);
		want(url.partial || (url.offset == 0 && url.length == 0));
		check_again(&url);
	}
	imap_url_release(&url);
	return 0;
}
