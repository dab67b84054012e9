/* BODY=BINARYMIME made text: what it becomes has neither NUL nor a bare CR or
 * LF where the message had none but in binary parts, the same parts as before,
 * and each decodes to the octets that it had. */
#include <stdint.h>
#include <stdlib.h>

#include "cmd/smtpd/front/unstuff.h"
#include "common/msg/binarymime.h"
#include "common/msg/header.h"
#include "common/msg/mime.h"
#include "common/msg/mime_value.h"
#include "common/msg/transfer.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message and its parts. */
struct message {
	struct slice octets;
	struct mime mime;
};

static void
want(bool condition)
{
	if (!condition)
		abort();
}

static void
gather(void *ctx, struct slice text)
{
	str_append(ctx, text);
}

static void
encoding_of(const struct message *m, uint32_t i, struct mime_value *ret)
{
	struct slice header = mime_header(&m->mime.parts[i], m->octets);
	struct header_field field;

	if (header_find(header, "Content-Transfer-Encoding", &field))
		mime_value_parse(field.body, ret);
}

static struct slice
body_of(const struct message *m, uint32_t i)
{
	const struct mime_part *part = &m->mime.parts[i];

	return slice_of(
	    m->octets.ptr + part->body_at, part->end_at - part->body_at);
}

/* What a reader makes of the part, with CRLF line ends where it is text. */
static void
decode(const struct message *m, uint32_t i, struct str *out)
{
	struct mime_value value = MIME_VALUE_INIT;
	struct slice body = body_of(m, i);
	struct transfer t;
	size_t k;

	encoding_of(m, i, &value);
	want(!slice_is_nocase(str_slice(&value.main), "binary"));
	if (slice_is_nocase(str_slice(&value.main), "base64")) {
		transfer_init(&t, TRANSFER_BASE64);
		transfer_feed(&t, body, out);
		transfer_end(&t, out);
		want(t.clean);
		transfer_release(&t);
	} else {
		for (k = 0; k < body.len; k++) {
			if (body.ptr[k] == '\n')
				str_append_char(out, '\r');
			str_append_char(out, body.ptr[k]);
		}
	}
	mime_value_release(&value);
}

static void
check_part(const struct message *before, const struct message *now, uint32_t i)
{
	struct mime_value said = MIME_VALUE_INIT;
	STR_AUTO decoded = STR_INIT;

	want(before->mime.parts[i].kind == now->mime.parts[i].kind);
	want(before->mime.parts[i].parent == now->mime.parts[i].parent);
	encoding_of(before, i, &said);
	if (before->mime.parts[i].kind == MIME_LEAF &&
	    slice_is_nocase(str_slice(&said.main), "binary")) {
		decode(now, i, &decoded);
		want(slice_equal(str_slice(&decoded), body_of(before, i)));
	}
	mime_value_release(&said);
}

static void
check_text(struct slice raw, struct slice text)
{
	struct message before = { raw, { NULL, 0, 0 } };
	struct message now = { text, { NULL, 0, 0 } };
	uint32_t i;

	want(slice_find(text, '\0') == text.len);
	want(slice_find(text, '\r') == text.len);
	mime_parse_crlf(raw, &before.mime);
	mime_parse(text, &now.mime);
	want(before.mime.count == now.mime.count);
	for (i = 0; i < now.mime.count; i++)
		check_part(&before, &now, i);
	mime_release(&before.mime);
	mime_release(&now.mime);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice raw = slice_of((const char *)data, size), rest;
	struct unstuff un = { .chunked = true };
	STR_AUTO converted = STR_INIT;
	STR_AUTO text = STR_INIT;
	size_t encoded;

	if (!binarymime_convert(raw, gather, &converted, &encoded))
		return 0;
	want(converted.len <= size + size / 2);
	rest = str_slice(&converted);
	(void)unstuff_feed(&un, &rest, &text); /* chunks have no end */
	unstuff_finish(&un, &text);
	if (un.faults == 0)
		check_text(raw, str_slice(&text));
	return 0;
}
