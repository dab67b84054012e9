#include <stdio.h>

#include "cmd/smtpd/check/check.h"
#include "cmd/smtpd/content/spam.h"
#include "common/base/clock.h"
#include "common/base/log.h"

#define NUMBER_MAX 24

/* How a message ended, for its line in the log. */
struct ending {
	const struct reply *reply;
	struct slice reason; /* of a check, for the reply's %s */
	struct spam_result spam;
	struct str found; /* by the checks, for the log */
	bool junk;
	uint64_t size;
};

/* The one line of a transaction in the log. */
static void
log_message(const struct smtp *s, const struct ending *end)
{
	const struct transaction *tx = &s->tx;
	bool good = end->reply->code < 400;
	bool junk = end->junk && s->settings->spam_folder[0];
	char size[NUMBER_MAX], code[NUMBER_MAX], ms[NUMBER_MAX],
	    nrcpt[NUMBER_MAX];
	const struct log_field fields[] = {
		{ "from", str_cstr(&tx->sender) },
		{ "to", str_cstr(&tx->rcpts) },
		{ "nrcpt", nrcpt },
		{ "size", size },
		{ "code", code },
		{ "verdict", end->spam.verdict },
		{ "score", end->spam.score[0] ? end->spam.score : NULL },
		{ "where", !good  ? NULL
			   : junk ? s->settings->spam_folder
				  : "INBOX" },
		{ "helo", str_cstr(&s->helo) },
		{ "peer", s->front->peer->address },
		{ "tls", s->front->tls ? s->front->tls_text : NULL },
		{ "user", s->logged_in ? str_cstr(&s->user) : NULL },
		{ "checks", end->found.len ? str_cstr(&end->found) : NULL },
		{ "ms", ms },
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
commit(struct smtp *s, const struct ending *end)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, end->junk ? WIRE_JUNK : 0);
	s->tx.at_keeper = false; /* it ends there, whatever the outcome */
	return reply_for_message(
	    smtp_ask(s, SMTP_COMMIT, str_slice(&body), NULL));
}

/* Everything that may be said against the message, one after another; the last
 * word is the keeper's. */
static void
conclude(struct smtp *s, struct reception *r, struct ending *end)
{
	end->reply = reception_refusal(r);
	if (end->reply == NULL && intake_finish(&r->intake) < 0)
		end->reply = reception_refusal(r);
	if (end->reply == NULL)
		end->reply = checks_message(s, &end->reason);
	if (end->reply == NULL)
		end->reply = spam_check(s, r, &end->spam);
	end->junk = end->spam.spam || checks_junk(s);
	if (end->reply == NULL)
		end->reply = commit(s, end);
	end->size = r->un.octets;
}

static void
say_end(struct smtp *s, struct ending *end)
{
	STR_AUTO text = STR_INIT;

	if (end->reply == &reply_over_quota)
		smtp_quota_text(s, str_slice(&s->tx.first), &text);
	else if (end->reason.len && end->reply != &reply_queued)
		str_append(&text, end->reason);
	else
		str_append_cstr(&text, s->front->trace);
	checks_log(s, &end->found);
	log_message(s, end);
	str_release(&end->found);
	smtp_say_with(s, end->reply, str_slice(&text));
}

static void
receive(struct smtp *s, int fd)
{
	struct reception r;
	struct ending end = { .reply = NULL };

	smtp_say(s, &reply_data);
	reception_init(&r, s, fd);
	if (reception_read(&r)) {
		conclude(s, &r, &end);
		say_end(s, &end);
	}
	reception_release(&r);
}

static enum smtp_outcome
ask_file(struct smtp *s, int *ret_fd)
{
	struct ipc_msg answer = IPC_MSG_INIT;
	STR_AUTO body = STR_INIT;
	enum smtp_outcome outcome;

	ipc_put_u64(&body, s->tx.announced);
	outcome = smtp_ask(s, SMTP_DATA, str_slice(&body), &answer);
	*ret_fd = ipc_msg_take_fd(&answer, 0);
	ipc_msg_release(&answer);
	return outcome;
}

void
cmd_data(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	enum smtp_outcome outcome;
	int fd = -1;

	(void)argument; /* there is none */
	if (s->tx.count == 0) {
		smtp_say(s, &reply_no_recipients);
		return;
	}
	s->messages++;
	outcome = ask_file(s, &fd);
	if (outcome == OUTCOME_OK || outcome == OUTCOME_DISCARD)
		receive(s, fd);
	else
		smtp_say(s, reply_for_message(outcome));
	smtp_reset(s);
}
