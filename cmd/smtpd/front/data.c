#include <stdlib.h>

#include "cmd/smtpd/content/milters.h"
#include "cmd/smtpd/front/data.h"
#include "cmd/smtpd/front/events.h"
#include "cmd/smtpd/front/submission.h"
#include "common/base/clock.h"
#include "common/svc/check/checks.h"

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

/* Appends what replaces the reply's %s. */
static void
put_argument(const struct smtp *s, const struct reply *reply,
    struct slice reason, struct slice recipient, struct str *out)
{
	if (reply == &reply_over_quota || reply == &reply_full_now)
		verdict_text(s->settings, reply, recipient, out);
	else if (reason.len && reply != &reply_queued)
		str_append(out, reason);
	else
		str_append_cstr(out, s->front->trace);
}

static void
say_end(struct smtp *s, const struct reply *reply, struct slice reason,
    struct slice recipient)
{
	STR_AUTO text = STR_INIT;

	put_argument(s, reply, reason, recipient, &text);
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

static void
log_end(struct smtp *s, const struct ending *end)
{
	STR_AUTO text = STR_INIT;

	put_argument(
	    s, end->reply, end->reason, str_slice(&s->tx.first), &text);
	events_message(s, end, str_slice(&text));
}

void
data_refused(struct smtp *s, const struct reply *reply, uint64_t octets)
{
	struct ending end = {
		.reply = reply, .content = CONTENT_RESULT_INIT, .size = octets
	};

	log_end(s, &end);
}

void
data_close(struct smtp *s, struct reception *r)
{
	struct ending end = { .answer = IPC_MSG_INIT,
		.content = CONTENT_RESULT_INIT };

	conclude(s, r, &end);
	log_end(s, &end);
	if (s->lmtp)
		say_each(s, &end);
	else
		say_end(s, end.reply, end.reason, str_slice(&s->tx.first));
	content_result_release(&end.content);
	ipc_msg_release(&end.answer);
}

static const struct reply *
open_message(struct smtp *s, struct reception *r)
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

const struct reply *
data_open(struct smtp *s, struct reception *r)
{
	const struct reply *no = open_message(s, r);

	if (no)
		data_refused(s, no, 0);
	return no;
}

void
data_drop_chunks(struct smtp *s)
{
	if (s->tx.chunks) {
		s->tx.octets = s->tx.chunks->un.octets;
		reception_release(s->tx.chunks);
	}
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
		s->tx.octets = r.un.octets;
		reception_release(&r);
	}
	smtp_reset(s);
}
