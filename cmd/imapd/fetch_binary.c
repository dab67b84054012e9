#include "cmd/imapd/fetch.h"
#include "cmd/imapd/response.h"
#include "common/msg/header.h"
#include "common/msg/mime_value.h"

#include <errno.h>

#define CHUNK 16384 /* octets decoded at once */

/* A part, and what of it is asked for. */
struct wanted {
	enum transfer_encoding encoding;
	uint32_t part;        /* its index, MIME_NONE: the message */
	uint64_t begin, end;  /* as it is sent, in octets with CRLF */
	uint64_t from, until; /* of what it decodes to */
};

/* A pass over a part. */
struct pass {
	struct transfer transfer;
	struct str out;   /* of a chunk */
	uint64_t encoded; /* octets that went in, and came out */
	uint64_t decoded;
	uint64_t length; /* of what is wanted */
	bool nul;        /* there is one in that */
};

static enum transfer_encoding
encoding_of(struct slice header)
{
	struct mime_value value = MIME_VALUE_INIT;
	struct header_field field;
	enum transfer_encoding encoding;

	if (header_find(header, "Content-Transfer-Encoding", &field))
		mime_value_parse(field.body, &value);
	encoding = transfer_encoding_of(str_slice(&value.main));
	mime_value_release(&value);
	return encoding;
}

/* The whole message is sent as it is: its header says how it is encoded. */
static bool
find_wanted(
    struct imap *im, const struct section *section, struct wanted *wanted)
{
	const struct mime_part *part;

	*wanted = (struct wanted){
		.part = MIME_NONE, .end = im->body.total, .until = UINT64_MAX
	};
	if (section->partial) {
		wanted->from = section->offset;
		wanted->until = wanted->from + section->length;
	}
	if (section->nnumbers == 0)
		return true;
	wanted->part =
	    mime_find(&im->mime, section->numbers, section->nnumbers);
	if (wanted->part == MIME_NONE)
		return false;
	part = &im->mime.parts[wanted->part];
	wanted->begin = part->body;
	wanted->end = part->end;
	if (part->kind == MIME_LEAF) /* others have none (RFC 2045 6.4) */
		wanted->encoding =
		    encoding_of(mime_header(part, body_text(&im->body)));
	return true;
}

bool
fetch_binary_known(struct imap *im, const struct section *section)
{
	struct wanted wanted;

	return section->form == FORM_BODY ||
	       !find_wanted(im, section, &wanted) ||
	       wanted.encoding != TRANSFER_UNKNOWN;
}

/* ---- a place in a part that was reached before ---- */

void
binary_place_release(struct binary_place *place)
{
	transfer_release(&place->transfer);
	*place = (struct binary_place){ .uid = 0 };
}

static void
copy_transfer(struct transfer *to, const struct transfer *from)
{
	struct str blanks = STR_INIT;

	str_append(&blanks, str_slice(&from->blanks));
	transfer_release(to);
	*to = *from;
	to->blanks = blanks;
}

static void
pass_init(struct imap *im, const struct wanted *wanted, struct pass *pass)
{
	const struct binary_place *place = &im->binary;

	*pass = (struct pass){ .encoded = wanted->begin };
	transfer_init(&pass->transfer, wanted->encoding);
	if (place->uid != im->body_uid || place->part != wanted->part ||
	    place->decoded > wanted->from)
		return;
	pass->encoded = place->encoded;
	pass->decoded = place->decoded;
	copy_transfer(&pass->transfer, &place->transfer);
}

static void
pass_release(struct pass *pass)
{
	transfer_release(&pass->transfer);
	str_release(&pass->out);
}

static void
note_place(
    struct imap *im, const struct wanted *wanted, const struct pass *pass)
{
	struct binary_place *place = &im->binary;

	if (pass->decoded > wanted->until)
		return;
	place->uid = im->body_uid;
	place->part = wanted->part;
	place->encoded = pass->encoded;
	place->decoded = pass->decoded;
	copy_transfer(&place->transfer, &pass->transfer);
}

/* ---- decoding ---- */

static bool
feed(void *ctx, struct slice piece)
{
	struct pass *pass = ctx;

	transfer_feed(&pass->transfer, piece, &pass->out);
	return true;
}

/* Decodes the next chunk; false at the end. */
static bool
next_chunk(struct imap *im, const struct wanted *wanted, struct pass *pass)
{
	uint64_t left = wanted->end - pass->encoded;
	uint64_t n = left < CHUNK ? left : CHUNK;

	if (n == 0 || pass->decoded >= wanted->until)
		return false;
	str_clear(&pass->out);
	body_write(&im->body, pass->encoded, n, feed, pass);
	pass->encoded += n;
	if (n == left)
		transfer_end(&pass->transfer, &pass->out);
	return true;
}

/* What of the chunk is wanted; counts it. */
static struct slice
take_chunk(const struct wanted *wanted, struct pass *pass)
{
	struct slice out = str_slice(&pass->out);
	uint64_t skip = 0;

	if (pass->decoded < wanted->from)
		skip = wanted->from - pass->decoded;
	pass->decoded += out.len;
	if (pass->decoded > wanted->until)
		out.len -= (size_t)(pass->decoded - wanted->until);
	return skip < out.len ? slice_skip(out, (size_t)skip)
			      : slice_of(out.ptr, 0);
}

/* How long the wanted octets are, and whether NUL is among them. */
static void
measure(struct imap *im, const struct wanted *wanted, uint64_t *ret_length,
    bool *ret_nul)
{
	struct pass pass;

	pass_init(im, wanted, &pass);
	while (next_chunk(im, wanted, &pass)) {
		struct slice octets = take_chunk(wanted, &pass);

		pass.length += octets.len;
		pass.nul |= slice_find(octets, '\0') < octets.len;
	}
	*ret_length = pass.length;
	*ret_nul = pass.nul;
	pass_release(&pass);
}

static void
send_octets(struct imap *im, const struct wanted *wanted)
{
	struct pass pass;
	bool alive = true;

	pass_init(im, wanted, &pass);
	for (; alive; note_place(im, wanted, &pass)) {
		struct slice octets;

		if (!next_chunk(im, wanted, &pass))
			break;
		octets = take_chunk(wanted, &pass);
		if (octets.len)
			alive = conn_put(&im->conn, octets);
	}
	pass_release(&pass);
}

void
fetch_binary(struct imap *im, const struct section *section)
{
	struct str *out = &im->conn.out;
	bool size = section->form == FORM_BINARY_SIZE, nul;
	struct wanted wanted;
	uint64_t length;

	str_append(out, str_slice(&section->label));
	if (!find_wanted(im, section, &wanted)) {
		str_append_cstr(out, size ? " 0" : " NIL");
		return;
	}
	measure(im, &wanted, &length, &nul);
	if (size) {
		str_append_char(out, ' ');
		response_number(out, length);
		return;
	}
	str_append_cstr(out, nul ? " ~{" : " {");
	response_number(out, length);
	str_append_cstr(out, "}\r\n");
	if (length)
		send_octets(im, &wanted);
}
