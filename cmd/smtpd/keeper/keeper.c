#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/smtpd/keeper/delivery.h"
#include "cmd/smtpd/keeper/strangers.h"
#include "cmd/smtpd/front/session.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/base/mem.h"

static struct delivery *
delivery_of(void *ctx)
{
	return ((struct keeper *)ctx)->service;
}

static void
set_state(struct delivery *d, uint32_t state)
{
	d->keeper->state = (d->keeper->state & ~(uint32_t)TX_ALL) | state;
}

static int
answer(struct delivery *d, enum smtp_request type, enum smtp_outcome outcome,
    const int *fds, size_t nfds)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, (uint32_t)outcome);
	if (outcome == OUTCOME_GREYLISTED)
		ipc_put_u32(&body, d->wait);
	return keeper_reply(
	    d->keeper, (uint16_t)type, str_slice(&body), fds, nfds);
}

static void
reset(struct delivery *d)
{
	d->judged = false;
	delivery_close(d);
	recipients_clear(d);
	sender_settle(d, false);
	transaction_clear(&d->said);
	d->suspicious = false;
	set_state(d, TX_NONE);
}

/* Who is served: everybody at mx and lmtp, users elsewhere. */
static bool
is_served(const struct keeper *keeper)
{
	return strcmp(keeper->profile, "mx") == 0 ||
	       strcmp(keeper->profile, "lmtp") == 0 || keeper->user;
}

static int
handle_mail(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	struct wire_mail mail;
	enum smtp_outcome outcome;

	(void)msg; /* its body is args */
	if (!wire_get_mail(args, &mail) || !is_served(d->keeper))
		return -EPROTO;
	outcome = strangers_mail(d);
	if (outcome == OUTCOME_OK)
		outcome = sender_check(
		    d, mail.sender, d->keeper->settings->sender_policy);
	if (outcome == OUTCOME_OK) {
		transaction_begin(&d->said, &mail);
		set_state(d, TX_MAIL);
	}
	return answer(d, SMTP_MAIL, outcome, NULL, 0);
}

static enum smtp_outcome
add_recipient(struct delivery *d, const struct wire_rcpt *rcpt)
{
	enum smtp_outcome outcome = strangers_ask(d);
	size_t mailboxes = d->count;

	if (outcome == OUTCOME_OK && transaction_is_full(&d->said))
		outcome = OUTCOME_TOO_MANY;
	if (outcome == OUTCOME_OK)
		outcome = sender_reserve(d);
	if (outcome == OUTCOME_OK)
		outcome = recipients_add(d, rcpt);
	strangers_note(d, outcome);
	if (outcome == OUTCOME_OK) {
		outcome = strangers_greet(d, rcpt);
		if (outcome != OUTCOME_OK)
			recipients_take_back(d, mailboxes);
	}
	if (outcome != OUTCOME_OK && outcome != OUTCOME_DISCARD)
		return outcome;
	sender_use(d);
	transaction_add(&d->said, rcpt);
	set_state(d, TX_ENVELOPE);
	return outcome;
}

static int
handle_rcpt(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	struct wire_rcpt rcpt;

	(void)msg; /* its body is args */
	if (!wire_get_rcpt(args, &rcpt))
		return -EPROTO;
	return answer(d, SMTP_RCPT, add_recipient(d, &rcpt), NULL, 0);
}

static int
handle_data(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	uint64_t announced = ipc_get_u64(args);
	enum smtp_outcome outcome = OUTCOME_DISCARD;

	(void)msg; /* its body is args */
	if (!ipc_reader_done(args))
		return -EPROTO;
	if (d->count)
		outcome = strangers_data(d);
	if (d->count && outcome == OUTCOME_OK)
		outcome = delivery_open(d, announced);
	if (outcome == OUTCOME_OK || outcome == OUTCOME_DISCARD)
		set_state(d, TX_DATA);
	return answer(d, SMTP_DATA, outcome, NULL, 0);
}

static int
handle_file(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	enum smtp_outcome outcome;
	int fd = -1;

	(void)args; /* empty, by max_body */
	(void)msg;
	if (d->store == NULL || d->in)
		return -EPROTO; /* nobody gets it, or it has one */
	outcome = delivery_file(d);
	if (outcome == OUTCOME_OK)
		fd = incoming_fd(d->in);
	return answer(d, SMTP_FILE, outcome, &fd, fd >= 0 ? 1 : 0);
}

static int
handle_from(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	struct slice address = ipc_get_text(args, WIRE_ADDRESS_MAX);

	(void)msg; /* its body is args */
	if (!ipc_reader_done(args) || address.len == 0)
		return -EPROTO;
	return answer(d, SMTP_FROM,
	    sender_check(
		d, address, d->keeper->settings->submission_from_policy),
	    NULL, 0);
}

static int
handle_commit(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	struct wire_commit how;
	struct wire_committed committed;
	STR_AUTO each = STR_INIT;
	STR_AUTO body = STR_INIT;

	(void)msg; /* its body is args */
	if (!wire_get_commit(args, &how) || (d->in && how.message.len))
		return -EPROTO;
	committed.overall = delivery_commit(d, &how, &each);
	committed.each = str_slice(&each);
	wire_put_committed(&committed, &body);
	sender_settle(d, committed.overall == OUTCOME_OK ||
			     committed.overall == OUTCOME_DISCARD);
	reset(d);
	return keeper_reply(d->keeper, SMTP_COMMIT, str_slice(&body), NULL, 0);
}

static int
handle_reset(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	(void)args; /* empty, by max_body */
	(void)msg;
	reset(delivery_of(ctx));
	return 0;
}

#define MAIL_BODY (WIRE_ADDRESS_MAX + WIRE_HELO_MAX + WIRE_ENVID_MAX + 24)
#define EDIT_BODY (WIRE_ADDRESS_MAX + 8)
#define RCPT_BODY (WIRE_ADDRESS_MAX + WIRE_ORCPT_MAX + 16)
#define COMMIT_BODY (WIRE_MESSAGE_MAX + 16)

#define REMEMBER_BODY (PEER_ADDRESS_MAX + REPUTATION_MAX + 12)

/* TRUST.md says what each of them gives to a front that is not itself. */
/* clang-format off */
const struct request smtp_requests[] = {
	/* type        name      allowed                octets     times */
	{ SMTP_MAIL,   "mail",   TX_NONE,               MAIL_BODY,
	    REQUEST_UNLIMITED, handle_mail },
	{ SMTP_RCPT,   "rcpt",   TX_MAIL | TX_ENVELOPE, RCPT_BODY,
	    REQUEST_UNLIMITED, handle_rcpt },
	{ SMTP_DATA,   "data",   TX_ENVELOPE,           8,
	    SMTP_MESSAGES_MAX, handle_data },
	{ SMTP_FILE,   "file",   TX_DATA,               0,
	    SMTP_MESSAGES_MAX, handle_file },
	{ SMTP_FILTER, "filter", TX_ALL,                4,
	    WIRE_FILTERS * SMTP_MESSAGES_MAX, handle_filter },
	{ SMTP_LIMITS, "limits", TX_DATA,               0,
	    SMTP_MESSAGES_MAX, handle_limits },
	{ SMTP_EDIT,   "edit",   TX_ENVELOPE | TX_DATA, EDIT_BODY,
	    REQUEST_UNLIMITED, handle_edit },
	{ SMTP_FROM,   "from",   TX_DATA,               WIRE_ADDRESS_MAX + 4,
	    REQUEST_UNLIMITED, handle_from },
	{ SMTP_COMMIT, "commit", TX_DATA,               COMMIT_BODY,
	    SMTP_MESSAGES_MAX, handle_commit },
	{ SMTP_RESET,  "reset",  TX_ALL,                0,
	    REQUEST_UNLIMITED, handle_reset },
	{ SMTP_DNS,    "dns",    TX_ALL,                4,
	    REQUEST_UNLIMITED, handle_dns },
	{ SMTP_RECALL, "recall", TX_ALL,                PEER_ADDRESS_MAX + 4,
	    REQUEST_UNLIMITED, handle_recall },
	{ SMTP_REMEMBER, "remember", TX_ALL,            REMEMBER_BODY,
	    REQUEST_UNLIMITED, handle_remember },
	{ 0, NULL, 0, 0, 0, NULL },
};
/* clang-format on */

void
smtp_keeper_prepare(struct keeper *keeper)
{
	struct delivery *d = mem_zalloc(1, sizeof *d);

	d->keeper = keeper;
	keeper->service = d;
	delivery_prepare();
	filters_init(&d->filters, keeper->settings, keeper->profile);
	lookup_prepare(&d->lookup, keeper);
}

void
smtp_keeper_open(struct keeper *keeper)
{
	set_state(keeper->service, TX_NONE);
}

void
smtp_keeper_close(struct keeper *keeper)
{
	struct delivery *d = keeper->service;

	reset(d);
	filters_release(&d->filters);
	lookup_release(&d->lookup);
	transaction_release(&d->said);
	free(d->to);
	free(d->rcpts);
	free(d->links);
	free(d);
	keeper->service = NULL;
}
