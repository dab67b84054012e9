#include "common/msg/charset.h"
#include "common/msg/transfer.h"
#include "common/msg/words.h"

/* An encoded word, "=?charset*language?encoding?text?=". */
struct word {
	struct slice charset, text;
	bool base64;
	size_t octets; /* of all of it */
};

/* Is there an encoded word at the start of text? */
static bool
parse_word(struct slice text, struct word *ret_word)
{
	struct slice rest = slice_skip(text, 2), encoding;
	size_t end;

	if (!slice_starts(text, "=?") ||
	    !slice_next(&rest, '?', &ret_word->charset) ||
	    !slice_next(&rest, '?', &encoding) || rest.ptr == NULL ||
	    ret_word->charset.len == 0 || encoding.len != 1)
		return false;
	ret_word->base64 = (encoding.ptr[0] | 0x20) == 'b';
	if (!ret_word->base64 && (encoding.ptr[0] | 0x20) != 'q')
		return false;
	end = slice_find(rest, '?');
	if (end + 1 >= rest.len || rest.ptr[end + 1] != '=')
		return false;
	ret_word->charset =
	    slice_head(ret_word->charset, slice_find(ret_word->charset, '*'));
	ret_word->text = slice_head(rest, end);
	ret_word->octets = (size_t)(rest.ptr + end + 2 - text.ptr);
	return true;
}

/* "Q" is quoted-printable with "_" for a blank (RFC 2047 section 4.2). */
static void
undo(const struct word *word, struct str *out)
{
	struct transfer t;
	STR_AUTO text = STR_INIT;
	size_t i;

	str_append(&text, word->text);
	for (i = 0; !word->base64 && i < text.len; i++)
		if (text.ptr[i] == '_')
			text.ptr[i] = ' ';
	transfer_init(
	    &t, word->base64 ? TRANSFER_BASE64 : TRANSFER_QUOTED_PRINTABLE);
	transfer_feed(&t, str_slice(&text), out);
	str_append(out, str_slice(&t.blanks)); /* no line ends here */
	transfer_end(&t, out);
	transfer_release(&t);
}

/* Octets of blanks at the start. */
static size_t
blanks(struct slice text)
{
	size_t n = 0;

	while (n < text.len && (text.ptr[n] == ' ' || text.ptr[n] == '\t' ||
				   text.ptr[n] == '\r' || text.ptr[n] == '\n'))
		n++;
	return n;
}

/* Takes a run of encoded words off *text.  Those of one charset are decoded
 * together: senders cut characters in two. */
static bool
take_run(struct slice *text, struct str *out)
{
	STR_AUTO octets = STR_INIT;
	struct word word, next;
	struct slice after;

	if (!parse_word(*text, &word))
		return false;
	for (;;) {
		undo(&word, &octets);
		*text = slice_skip(*text, word.octets);
		after = slice_skip(*text, blanks(*text));
		if (!parse_word(after, &next))
			break;
		*text = after;
		if (!slice_equal_nocase(next.charset, word.charset)) {
			charset_to_utf8(word.charset, str_slice(&octets), out);
			str_clear(&octets);
		}
		word = next;
	}
	charset_to_utf8(word.charset, str_slice(&octets), out);
	return true;
}

void
words_decode(struct slice text, struct str *out)
{
	while (text.len) {
		size_t at;

		if (take_run(&text, out))
			continue;
		/* up to what may be the next one */
		at = 1 + slice_find(slice_skip(text, 1), '=');
		charset_to_utf8(slice_from("utf-8"), slice_head(text, at), out);
		text = slice_skip(text, at);
	}
}
