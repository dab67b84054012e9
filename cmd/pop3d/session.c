#include <stdio.h>

#include "cmd/pop3d/capa.h"
#include "cmd/pop3d/pop3.h"
#include "cmd/pop3d/session.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/num.h"

#define NUMBER_TEXT_MAX 24 /* octets of a number in the log */

#define ERR_NO_MESSAGE "-ERR No such message\r\n"
#define ERR_NO_NUMBER "-ERR No message number\r\n"
#define ERR_DELETED "-ERR Message is deleted\r\n"
#define ERR_TOO_MANY_SESSIONS                                                  \
	"-ERR [IN-USE] Too many sessions of yours; try again later\r\n"
#define OK_NOOP "+OK\r\n"

static command_handler capa, noop;

#define IN_SESSION 1 /* the only state of this table */

/* clang-format off */
static const struct command table[] = {
	/* verb  allowed in  argument     flags  handler */
	{ "STAT", IN_SESSION, ARG_NONE,     0,   pop3_stat },
	{ "LIST", IN_SESSION, ARG_OPTIONAL, 0,   pop3_list },
	{ "UIDL", IN_SESSION, ARG_OPTIONAL, 0,   pop3_uidl },
	{ "RETR", IN_SESSION, ARG_NEEDED,   0,   pop3_retr },
	{ "TOP",  IN_SESSION, ARG_NEEDED,   0,   pop3_top },
	{ "DELE", IN_SESSION, ARG_NEEDED,   0,   pop3_dele },
	{ "RSET", IN_SESSION, ARG_NONE,     0,   pop3_rset },
	{ "NOOP", IN_SESSION, ARG_NONE,     0,   noop },
	{ "CAPA", IN_SESSION, ARG_NONE,     0,   capa },
	{ "QUIT", IN_SESSION, ARG_NONE,     0,   pop3_quit },
};
/* clang-format on */

static void
capa(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;

	(void)argument;
	capa_write(pop3->session->client, CAPA_SESSION, 0);
}

static void
noop(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;

	(void)argument;
	stream_puts(pop3->session->client, OK_NOOP);
}

uint32_t
pop3_message(struct pop3_session *pop3, struct slice text)
{
	uint64_t number;
	const char *reply = NULL;

	if (!num_parse(text, UINT32_MAX, &number))
		reply = ERR_NO_NUMBER;
	else if (number == 0 || number > pop3->drop.count)
		reply = ERR_NO_MESSAGE;
	else if (!maildrop_has(&pop3->drop, (uint32_t)number))
		reply = ERR_DELETED;
	if (reply == NULL)
		return (uint32_t)number;
	stream_puts(pop3->session->client, reply);
	return 0;
}

void
pop3_failed(struct pop3_session *pop3, const char *what, const struct err *err)
{
	log_error("%s: %s", what, err->text);
	stream_printf(pop3->session->client, "-ERR [SYS/TEMP] %s, %s\r\n", what,
	    pop3->session->trace);
}

static void
log_end(const struct pop3_session *pop3, enum talk_end end)
{
	char retrieved[NUMBER_TEXT_MAX], octets[NUMBER_TEXT_MAX];
	char deleted[NUMBER_TEXT_MAX], messages[NUMBER_TEXT_MAX];
	struct log_field fields[] = {
		{ "user", pop3->session->user->name },
		{ "reason", talk_end_text(end) },
		{ "messages", messages },
		{ "retrieved", retrieved },
		{ "octets", octets },
		{ "deleted", deleted },
	};

	/* all of them fit */
	(void)snprintf(retrieved, sizeof retrieved, "%u", pop3->retrieved);
	(void)snprintf(
	    octets, sizeof octets, "%llu", (unsigned long long)pop3->octets);
	(void)snprintf(deleted, sizeof deleted, "%u", pop3->deleted);
	(void)snprintf(messages, sizeof messages, "%u", pop3->drop.count);
	log_event(LOG_LEVEL_INFO, "session ended", fields,
	    sizeof fields / sizeof fields[0]);
}

/* Opens the maildrop and greets; false when there is none to be had. */
static bool
open_maildrop(struct pop3_session *pop3)
{
	struct session *session = pop3->session;
	struct store_config config;
	struct err err = { .code = 0 };

	if (session->refused) {
		stream_puts(session->client, ERR_TOO_MANY_SESSIONS);
		(void)stream_flush(session->client); /* the end either way */
		return false;
	}
	session_store_config(session, &config);
	if (maildrop_open(&pop3->drop, session->mail_path, &config, &err) < 0) {
		pop3_failed(pop3, "The maildrop cannot be opened", &err);
		(void)stream_flush(session->client); /* the end either way */
		return false;
	}
	stream_printf(session->client, "+OK Maildrop has %u messages\r\n",
	    pop3->drop.count);
	return true;
}

/* Waits for the client; it may be told to end meanwhile. */
static void
rest(void *ctx)
{
	struct pop3_session *pop3 = ctx;

	(void)session_wait(pop3->session, -1,
	    clock_deadline(pop3->session->settings->pop3_idle_timeout));
}

/* What a client in the midst of its session takes for an answer, as it is. */
static void
say_goodbye(const struct pop3_session *pop3)
{
	const char *why = session_end_reason(pop3->session);

	if (why == NULL)
		return;
	log_info("session ended: %s", why);
	stream_printf(pop3->session->client, "-ERR [SYS/TEMP] %s\r\n", why);
	(void)stream_flush(pop3->session->client); /* the end either way */
}

static void
run(struct pop3_session *pop3)
{
	enum talk_end end = talk_run(&pop3->talk);

	if (end == TALK_CLOSED)
		say_goodbye(pop3);
	log_end(pop3, end);
}

void
pop3_session(struct session *session)
{
	struct pop3_session pop3 = {
		.session = session,
		.talk = {
		    .client = session->client,
		    .table = table,
		    .count = sizeof table / sizeof table[0],
		    .ctx = &pop3,
		    .rest = rest,
		    .state = { .state = IN_SESSION, .tls = session->tls },
		    .errors_max = POP3_SESSION_ERRORS_MAX,
		    .idle_ms = session->settings->pop3_idle_timeout,
		},
	};

	if (open_maildrop(&pop3))
		run(&pop3);
	maildrop_release(&pop3.drop);
}
