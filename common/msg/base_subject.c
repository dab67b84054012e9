#include "common/msg/base_subject.h"

#include "common/msg/words.h"

static const char forward_header[] = "[fwd:";
static const char forward_trailer[] = "(fwd)";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Makes one blank of each run of them; step 1. */
static void
squeeze(struct str *text)
{
	size_t i, kept = 0;

	for (i = 0; i < text->len; i++) {
		if (!is_blank(text->ptr[i]))
			text->ptr[kept++] = text->ptr[i];
		else if (kept == 0 || text->ptr[kept - 1] != ' ')
			text->ptr[kept++] = ' ';
	}
	str_truncate(text, kept);
}

/* Octets of a subj-blob at the start, 0 for none. */
static size_t
blob_length(struct slice text)
{
	size_t n = 1;

	if (text.len == 0 || text.ptr[0] != '[')
		return 0;
	while (n < text.len && text.ptr[n] != '[' && text.ptr[n] != ']' &&
	       text.ptr[n] != '\0')
		n++;
	if (n == text.len || text.ptr[n] != ']')
		return 0;
	for (n++; n < text.len && text.ptr[n] == ' ';)
		n++;
	return n;
}

/* Octets of a subj-refwd at the start, 0 for none. */
static size_t
refwd_length(struct slice text)
{
	static const char *const words[] = { "re", "fwd", "fw" };
	struct slice rest;
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_starts_nocase(text, words[i]))
			break;
	if (i == sizeof words / sizeof words[0])
		return 0;
	rest = slice_skip(text, strlen(words[i]));
	while (rest.len && rest.ptr[0] == ' ')
		rest = slice_skip(rest, 1);
	rest = slice_skip(rest, blob_length(rest));
	if (rest.len == 0 || rest.ptr[0] != ':')
		return 0;
	return text.len - rest.len + 1;
}

/* Step 2: blanks and "(fwd)" at the end. */
static void
cut_trailers(struct slice *text, bool *reply)
{
	size_t n = strlen(forward_trailer);

	for (;;) {
		*text = slice_trim(*text);
		if (text->len < n ||
		    !slice_starts_nocase(
			slice_skip(*text, text->len - n), forward_trailer))
			return;
		text->len -= n;
		*reply = true;
	}
}

/*
 * Steps 3 to 5.  Blobs belong to the leader when a subj-refwd is behind all of
 * them, which is seen once for the whole run of them; else they go one by one,
 * but for the last when nothing would be left.
 */
static void
cut_leaders(struct slice *text, bool *reply)
{
	struct slice rest;
	size_t n;

	for (;;) {
		*text = slice_trim(*text);
		rest = *text;
		while ((n = blob_length(rest)) > 0)
			rest = slice_skip(rest, n);
		n = refwd_length(rest);
		if (n == 0)
			break;
		*text = slice_skip(rest, n);
		*reply = true;
	}
	while ((n = blob_length(*text)) > 0 && n < text->len)
		*text = slice_skip(*text, n);
}

/* Step 6. */
static bool
cut_forward(struct slice *text, bool *reply)
{
	if (text->len == 0 || !slice_starts_nocase(*text, forward_header) ||
	    text->ptr[text->len - 1] != ']')
		return false;
	*text = slice_skip(*text, strlen(forward_header));
	text->len--;
	*reply = true;
	return true;
}

void
base_subject(struct slice text, struct str *out, bool *ret_reply)
{
	STR_AUTO decoded = STR_INIT;
	bool reply = false;

	words_decode(text, &decoded);
	squeeze(&decoded);
	text = str_slice(&decoded);
	do {
		cut_trailers(&text, &reply);
		cut_leaders(&text, &reply);
	} while (cut_forward(&text, &reply));
	str_append(out, text);
	*ret_reply = reply;
}
