#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/smtpd/front/data.h"
#include "common/base/mem.h"
#include "common/base/num.h"

#define OCTETS_TEXT_MAX 24 /* digits of a chunk's octets */

/* BDAT's argument (RFC 3030 section 2). */
struct chunk {
	uint64_t octets;
	bool last;
};

static bool
parse_chunk(struct slice argument, struct chunk *ret_chunk)
{
	size_t at = slice_find(argument, ' ');
	struct slice word = slice_trim(slice_skip(argument, at));

	ret_chunk->last = slice_is_nocase(word, "LAST");
	return num_parse(
		   slice_head(argument, at), INT64_MAX, &ret_chunk->octets) &&
	       (word.len == 0 || ret_chunk->last);
}

/* What is said against the chunk, whatever is in it; NULL: nothing. */
static const struct reply *
refuse_chunk(struct smtp *s, const struct chunk *chunk)
{
	if (chunk->octets == 0 && !chunk->last &&
	    ++s->tally.idle > SMTP_IDLE_MAX)
		return &reply_too_much_idling;
	if (s->submission && !s->logged_in && s->state != ST_START)
		return &reply_auth_first;
	if (s->state == ST_START)
		return reply_for_command(COMMAND_BAD_STATE);
	if (s->state == ST_GREETED)
		return &reply_chunk_lost;
	return s->state == ST_MAIL ? &reply_no_recipients : NULL;
}

/* The first chunk begins the message. */
static const struct reply *
begin(struct smtp *s)
{
	struct reception *r = mem_zalloc(1, sizeof *r);
	const struct reply *no = data_open(s, r);

	if (no) {
		free(r);
		return no;
	}
	r->un.chunked = true;
	s->tx.chunks = r;
	s->state = ST_BDAT;
	return NULL;
}

/* A chunk was read: an answer for it, or for the whole message. */
static void
finish(struct smtp *s, const struct chunk *chunk)
{
	struct reception *r = s->tx.chunks;
	char octets[OCTETS_TEXT_MAX];
	const struct reply *no;

	if (chunk->last) {
		reception_end(r);
		data_close(s, r);
		smtp_reset(s);
		return;
	}
	no = reception_refusal(r);
	if (no) {
		data_refused(s, no, r->un.octets);
		smtp_reset(s);
		smtp_say(s, no);
		return;
	}
	(void)snprintf(octets, sizeof octets, "%llu",
	    (unsigned long long)chunk->octets); /* it fits */
	smtp_say_with(s, &reply_chunk, slice_from(octets));
}

/* The chunk that begins the message cannot be taken: of LMTP's only one each
 * recipient hears it (RFC 2033 section 4.2). */
static const struct reply *
begin_or_reset(struct smtp *s, const struct chunk *chunk, size_t *ret_times)
{
	const struct reply *no = begin(s);

	if (no && s->lmtp && chunk->last)
		*ret_times = s->tx.count;
	if (no)
		smtp_reset(s);
	return no;
}

void
cmd_bdat(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	const struct reply *no;
	struct chunk chunk;
	size_t times = 1;

	if (!parse_chunk(argument, &chunk)) {
		smtp_say(s, &reply_syntax_bdat);
		s->over = true; /* nobody knows where the next command is */
		return;
	}
	no = refuse_chunk(s, &chunk);
	if (no == NULL && s->tx.chunks == NULL)
		no = begin_or_reset(s, &chunk, &times);
	if (no == NULL) {
		if (reception_read_chunk(s->tx.chunks, chunk.octets))
			finish(s, &chunk);
	} else if (reception_skip_chunk(s, chunk.octets)) {
		while (times-- > 0)
			smtp_say(s, no);
	}
}
