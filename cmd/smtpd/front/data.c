#include <stdio.h>
#include <stdlib.h>

#include "cmd/smtpd/content/milters.h"
#include "cmd/smtpd/front/data.h"
#include "cmd/smtpd/front/submission.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/svc/check/checks.h"
#include "common/svc/check/report.h"

#define NUMBER_MAX 24

/* How a message ended, for its line in the log. */
struct ending {
	const struct reply *reply;
	struct slice reason; /* of a check, for the reply's %s */
	struct content_result content;
	struct str found; /* by the checks, for the log */
	uint64_t size;
	int64_t received, filtered; /* clock_ms: it was here, it was judged */
	struct ipc_msg answer;      /* the keeper's: what became of whom */
};

/* Milliseconds of each stage, what came before MAIL for the first alone. */
static void
put_stages(const struct smtp *s, const struct ending *end, struct str *out)
{
	const struct transaction *tx = &s->tx;

	if (s->messages == 1)
		str_appendf(
		    out, "connect:%lld ", (long long)(tx->started - s->began));
	str_appendf(out, "rcpt:%lld data:%lld filter:%lld commit:%lld",
	    (long long)(tx->opened - tx->started),
	    (long long)(end->received - tx->opened),
	    (long long)(end->filtered - end->received),
	    (long long)(clock_ms() - end->filtered));
}

/* The one line of a transaction in the log. */
static void
log_message(const struct smtp *s, const struct ending *end, const char *stages)
{
	const struct transaction *tx = &s->tx;
	bool good = end->reply->code < 400;
	char size[NUMBER_MAX], code[NUMBER_MAX], ms[NUMBER_MAX],
	    nrcpt[NUMBER_MAX];
	const struct log_field fields[] = {
		{ "from", str_cstr(&tx->sender) },
		{ "to", str_cstr(&tx->rcpts) },
		{ "nrcpt", nrcpt },
		{ "size", size },
		{ "code", code },
		{ "verdict", end->content.verdict },
		{ "score", end->content.score_text[0] ? end->content.score_text
						      : NULL },
		{ "filter",
		    end->content.filter[0] ? end->content.filter : NULL },
		{ "where", good ? content_where(s, &end->content) : NULL },
		{ "helo", str_cstr(&s->helo) },
		{ "peer", s->front->peer->address },
		{ "tls", s->front->tls ? s->front->tls_text : NULL },
		{ "user", s->logged_in ? str_cstr(&s->user) : NULL },
		{ "checks", end->found.len ? str_cstr(&end->found) : NULL },
		{ "ms", ms },
		{ "stages", stages },
	};

	(void)snprintf(nrcpt, sizeof nrcpt, "%zu", tx->count);
	(void)snprintf(
	    size, sizeof size, "%llu", (unsigned long long)end->size);
	(void)snprintf(code, sizeof code, "%u", end->reply->code);
	(void)snprintf(
	    ms, sizeof ms, "%lld", (long long)(clock_ms() - tx->started));
	log_event(LOG_LEVEL_INFO, good ? "message accepted" : "message refused",
	    fields, sizeof fields / sizeof fields[0]);
}

static const struct reply *
commit(struct smtp *s, struct reception *r, struct ending *end)
{
	struct wire_commit how = content_commit(&end->content);
	STR_AUTO message = STR_INIT;
	STR_AUTO body = STR_INIT;

	if (intake_hand_over(&r->intake, WIRE_MESSAGE_MAX, &message) < 0)
		return reception_refusal(r);
	how.message = str_slice(&message);
	wire_put_commit(&how, &body);
	s->tx.at_keeper = false; /* it ends there, whatever the outcome */
	return reply_for_message(
	    smtp_ask(s, SMTP_COMMIT, str_slice(&body), &end->answer));
}

/* Everything that may be said against the message, one after another; the last
 * word is the keeper's. */
static void
conclude(struct smtp *s, struct reception *r, struct ending *end)
{
	end->received = clock_ms();
	submission_mend(r); /* a message may be all header */
	end->reply = reception_refusal(r);
	if (end->reply == NULL && intake_finish(&r->intake) < 0)
		end->reply = reception_refusal(r);
	if (end->reply == NULL)
		end->reply = submission_check_from(r);
	if (end->reply == NULL)
		end->reply = checks_message(s->checks, &end->reason);
	if (end->reply == NULL)
		end->reply = content_check(s, r, &end->content);
	end->content.junk = end->content.junk || checks_junk(s->checks);
	end->filtered = clock_ms();
	if (end->content.argument.len)
		end->reason = str_slice(&end->content.argument);
	if (end->reply == NULL && end->content.discard)
		end->reply = &reply_queued;
	if (end->reply == NULL)
		end->reply = commit(s, r, end);
	end->size = r->un.octets;
}

static void
say_end(struct smtp *s, const struct reply *reply, struct slice reason,
    struct slice recipient)
{
	STR_AUTO text = STR_INIT;

	if (reply == &reply_over_quota || reply == &reply_full_now)
		verdict_text(s->settings, reply, recipient, &text);
	else if (reason.len && reply != &reply_queued)
		str_append(&text, reason);
	else
		str_append_cstr(&text, s->front->trace);
	smtp_say_with(s, reply, str_slice(&text));
}

/* LMTP: a reply for each recipient who was accepted (RFC 2033 section 4.2). */
static void
say_each(struct smtp *s, const struct ending *end)
{
	struct wire_committed committed;
	bool known = wire_get_committed(&end->answer, &committed);
	struct slice rest = str_slice(&s->tx.each), recipient = rest;
	size_t i;

	for (i = 0; i < s->tx.count; i++) {
		const struct reply *reply = end->reply;

		if (known)
			reply =
			    reply_for_message(wire_committed_at(&committed, i));
		(void)slice_next(&rest, '\n', &recipient); /* as many */
		say_end(s, reply, end->reason, recipient);
	}
}

void
data_close(struct smtp *s, struct reception *r)
{
	struct ending end = { .answer = IPC_MSG_INIT,
		.content = CONTENT_RESULT_INIT };
	STR_AUTO stages = STR_INIT;

	conclude(s, r, &end);
	checks_log(s->checks, &end.found);
	put_stages(s, &end, &stages);
	log_message(s, &end, str_cstr(&stages));
	if (s->lmtp)
		say_each(s, &end);
	else
		say_end(s, end.reply, end.reason, str_slice(&s->tx.first));
	str_release(&end.found);
	content_result_release(&end.content);
	ipc_msg_release(&end.answer);
}

const struct reply *
data_open(struct smtp *s, struct reception *r)
{
	const struct reply *no = milters_data(s);
	enum smtp_outcome outcome;
	STR_AUTO body = STR_INIT;

	if (no)
		return no;
	s->messages++;
	s->tx.opened = clock_ms();
	ipc_put_u64(&body, s->tx.announced);
	outcome = smtp_ask(s, SMTP_DATA, str_slice(&body), NULL);
	if (outcome != OUTCOME_OK && outcome != OUTCOME_DISCARD)
		return reply_for_message(outcome);
	reception_init(r, s, outcome == OUTCOME_OK);
	return NULL;
}

void
data_drop_chunks(struct smtp *s)
{
	if (s->tx.chunks)
		reception_release(s->tx.chunks);
	free(s->tx.chunks);
	s->tx.chunks = NULL;
}

void
cmd_data(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	const struct reply *no;
	struct reception r;

	(void)argument; /* there is none */
	if (s->tx.count == 0) {
		smtp_say(s, s->lmtp ? reply_for_command(COMMAND_BAD_STATE)
				    : &reply_no_recipients);
		return;
	}
	if (s->tx.bits & WIRE_MAIL_BINARYMIME) { /* RFC 3030 section 3 */
		smtp_say(s, &reply_binary_data);
		return;
	}
	no = data_open(s, &r);
	if (no) {
		smtp_say(s, no);
	} else {
		smtp_say(s, &reply_data);
		if (reception_read(&r))
			data_close(s, &r);
		reception_release(&r);
	}
	smtp_reset(s);
}
