#include <stdio.h>

#include "cmd/smtpd/front/events.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/svc/check/report.h"

#define NUMBER_MAX 24

/* A line on its way; what its fields point to lives as long as it. */
struct line {
	struct log_field fields[LOG_FIELDS_MAX];
	size_t n;
	struct str why, found, stages;
	char code[NUMBER_MAX], nrcpt[NUMBER_MAX], size[NUMBER_MAX],
	    ms[NUMBER_MAX];
};

static void
put(struct line *line, const char *name, const char *value)
{
	line->fields[line->n++] = (struct log_field){ name, value };
}

static void
put_number(
    struct line *line, const char *name, uint64_t number, char text[NUMBER_MAX])
{
	(void)snprintf(
	    text, NUMBER_MAX, "%llu", (unsigned long long)number); /* it fits */
	put(line, name, text);
}

/* What the client is told, if it is a refusal. */
static void
put_reply(struct line *line, const struct smtp *s, const struct reply *reply,
    struct slice argument)
{
	STR_AUTO seconds = STR_INIT;

	put_number(line, "code", reply->code, line->code);
	if (reply->code < 400)
		return;
	reply_describe(
	    reply, smtp_argument(s, reply, argument, &seconds), &line->why);
	put(line, "why", str_cstr(&line->why));
}

static void
put_client(struct line *line, const struct smtp *s)
{
	checks_log(s->checks, &line->found);
	put(line, "helo", str_cstr(&s->helo));
	put(line, "peer", s->front->peer->address);
	put(line, "tls", s->front->tls ? s->front->tls_text : NULL);
	put(line, "user", s->logged_in ? str_cstr(&s->user) : NULL);
	put(line, "checks", line->found.len ? str_cstr(&line->found) : NULL);
}

static void
put_envelope(struct line *line, const struct transaction *tx)
{
	put(line, "from", str_cstr(&tx->sender));
	put(line, "to", str_cstr(&tx->rcpts));
	put_number(line, "nrcpt", tx->count, line->nrcpt);
}

/* Appends the milliseconds of a stage, and gives when it ended; 0: there was
 * none. */
static void
put_stage(struct str *out, const char *name, int64_t *from, int64_t to)
{
	if (to == 0)
		return;
	str_appendf(out, "%s%s:%lld", out->len ? " " : "", name,
	    (long long)(to - *from));
	*from = to;
}

/* All in all, and by stage; what came before MAIL for the first alone.  end is
 * NULL where the message did not. */
static void
put_times(struct line *line, const struct smtp *s, const struct ending *end)
{
	const struct transaction *tx = &s->tx;
	int64_t now = clock_ms(), from = s->began;
	struct str *out = &line->stages;

	put_number(line, "ms", (uint64_t)(now - tx->started), line->ms);
	if (s->messages == (tx->opened ? 1 : 0))
		put_stage(out, "connect", &from, tx->started);
	from = tx->started;
	put_stage(out, "rcpt", &from, tx->opened ? tx->opened : now);
	if (end) {
		put_stage(out, "data", &from, end->received);
		put_stage(out, "filter", &from, end->filtered);
		put_stage(out, "commit", &from, end->filtered ? now : 0);
	} else if (tx->opened) {
		put_stage(out, "data", &from, now);
	}
	put(line, "stages", str_cstr(out));
}

/* Logs the line, and gives its memory back. */
static void
say(struct line *line, const char *text)
{
	log_event(LOG_LEVEL_INFO, text, line->fields, line->n);
	str_release(&line->why);
	str_release(&line->found);
	str_release(&line->stages);
}

void
events_sender_refused(
    const struct smtp *s, const struct reply *reply, struct slice argument)
{
	struct line line = { .n = 0 };

	put(&line, "from", str_cstr(&s->tx.sender));
	put_reply(&line, s, reply, argument);
	put_client(&line, s);
	say(&line, "sender refused");
}

void
events_recipient_refused(const struct smtp *s, const struct reply *reply,
    struct slice address, struct slice argument)
{
	struct line line = { .n = 0 };
	STR_AUTO to = STR_INIT;

	str_append(&to, address);
	put(&line, "from", str_cstr(&s->tx.sender));
	put(&line, "to", str_cstr(&to));
	put_reply(&line, s, reply, argument);
	put_client(&line, s);
	say(&line, "recipient refused");
}

void
events_message(struct smtp *s, const struct ending *end, struct slice argument)
{
	const struct content_result *content = &end->content;
	bool good = end->reply->code < 400;
	struct line line = { .n = 0 };

	s->tx.told = true;
	put_envelope(&line, &s->tx);
	put_number(&line, "size", end->size, line.size);
	put_reply(&line, s, end->reply, argument);
	put(&line, "verdict", content->verdict);
	put(&line, "score",
	    content->score_text[0] ? content->score_text : NULL);
	put(&line, "filter", content->filter[0] ? content->filter : NULL);
	put(&line, "where", good ? content_where(s, content) : NULL);
	put_client(&line, s);
	put_times(&line, s, end);
	say(&line, good ? "message accepted" : "message refused");
}

/* Whose doing it was that there is no message. */
static void
put_cause(struct line *line, const struct smtp *s)
{
	put(line, "after", s->verb);
	if (s->goodbye)
		put_reply(line, s, s->goodbye, slice_from(""));
	else if (s->over && !s->quit)
		put(line, "why", "the client left");
}

void
events_given_up(struct smtp *s)
{
	const struct transaction *tx = &s->tx;
	struct line line = { .n = 0 };

	if (tx->count == 0 || tx->told)
		return;
	s->tx.told = true;
	put_envelope(&line, tx);
	if (tx->opened)
		put_number(&line, "size", tx->octets, line.size);
	put_cause(&line, s);
	put_client(&line, s);
	put_times(&line, s, NULL);
	say(&line, "message given up");
}

/* The keeper has told of who came too often, and who ends the service knows. */
void
events_sent_away(
    struct smtp *s, const struct reply *reply, struct slice argument)
{
	struct line line = { .n = 0 };

	s->goodbye = reply;
	if (reply == &reply_too_often || reply == &reply_ending ||
	    (s->tx.count && !s->tx.told))
		return;
	put(&line, "after", s->verb);
	put_reply(&line, s, reply, argument);
	put_client(&line, s);
	say(&line, "client sent away");
}
