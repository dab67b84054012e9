#include "common/account/greylist.h"
#include "common/account/wire.h"

/* ---- senders ---- */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alphanumeric(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool
is_hexadecimal(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* A number in hexadecimal: nothing else, and one decimal digit at least. */
static bool
is_number(struct slice word)
{
	bool digits = false;
	size_t i;

	for (i = 0; i < word.len; i++) {
		if (!is_hexadecimal(word.ptr[i]))
			return false;
		digits |= is_digit(word.ptr[i]);
	}
	return digits;
}

/* A word without its numbers. */
static void
put_word(struct slice word, struct str *out)
{
	size_t i;

	if (is_number(word)) {
		str_append_char(out, '#');
		return;
	}
	for (i = 0; i < word.len; i++) {
		if (!is_digit(word.ptr[i]))
			str_append_char(out, lower(word.ptr[i]));
		else if (i == 0 || !is_digit(word.ptr[i - 1]))
			str_append_char(out, '#');
	}
}

static void
put_local_part(struct slice local, struct str *out)
{
	size_t i = 0, plus = slice_find(local, '+');

	/* a forwarder's rewriting: a hash and a day stand in it */
	if (slice_starts_nocase(local, "SRS0") ||
	    slice_starts_nocase(local, "SRS1")) {
		str_append_cstr(out, "srs#");
		return;
	}
	if (plus > 0)
		local = slice_head(local, plus);
	while (i < local.len) {
		size_t n = i;

		while (n < local.len && is_alphanumeric(local.ptr[n]))
			n++;
		put_word(slice_of(local.ptr + i, n - i), out);
		if (n < local.len)
			str_append_char(out, lower(local.ptr[n++]));
		i = n;
	}
}

/* The '@' before the domain. */
static size_t
find_domain(struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.ptr[at - 1] != '@')
		at--;
	return at ? at - 1 : address.len;
}

void
greylist_sender(struct slice sender, struct str *out)
{
	size_t start = out->len, at = find_domain(sender), i;

	put_local_part(slice_head(sender, at), out);
	for (i = at; i < sender.len; i++)
		str_append_char(out, lower(sender.ptr[i]));
	str_truncate(out, start + GREYLIST_PART_MAX);
}

/* ---- what is said about it ---- */

void
greylist_put(const struct greylist_question *question, struct str *body)
{
	ipc_put_text(body, slice_head(question->network, GREYLIST_NETWORK_MAX));
	ipc_put_text(body, slice_head(question->sender, GREYLIST_PART_MAX));
	ipc_put_text(body, slice_head(question->recipient, GREYLIST_PART_MAX));
	ipc_put_u64(body, question->delay);
	ipc_put_u64(body, question->window);
	ipc_put_u64(body, question->expire);
	ipc_put_u32(body, question->automatic);
}

bool
greylist_get(struct ipc_reader *args, struct greylist_question *ret_question)
{
	struct greylist_question q;

	q.network = ipc_get_text(args, GREYLIST_NETWORK_MAX);
	q.sender = ipc_get_text(args, GREYLIST_PART_MAX);
	q.recipient = ipc_get_text(args, GREYLIST_PART_MAX);
	q.delay = ipc_get_u64(args);
	q.window = ipc_get_u64(args);
	q.expire = ipc_get_u64(args);
	q.automatic = ipc_get_u32(args);
	if (!ipc_reader_done(args) || q.network.len == 0 ||
	    q.recipient.len == 0 || q.delay > INT32_MAX ||
	    q.window > INT32_MAX || q.expire > INT32_MAX)
		return false;
	*ret_question = q;
	return true;
}
