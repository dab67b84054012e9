#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/smtpd/content/milter_macros.h"
#include "cmd/smtpd/content/milters.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/msg/address.h"

/* ---- the connection to a milter ---- */

static void
leave(struct milter_conn *conn)
{
	if (conn->fd < 0)
		return;
	milter_release(&conn->m);
	(void)close(conn->fd); /* it sees the end */
	conn->fd = -1;
}

void
milter_let_go(struct milter_conn *conn, const char *why)
{
	log_warning("milter %.*s: %s", SLICE_FMT(conn->spec.name), why);
	leave(conn);
	conn->state = MILTER_AWAY;
}

const struct reply *
milter_failed(struct smtp *s, struct milter_conn *conn, const struct err *err)
{
	struct milters *ms = s->milters;

	milter_let_go(conn, err->text);
	switch (conn->spec.failure) {
	case MILTER_FAIL_ACCEPT:
		return NULL;
	case MILTER_FAIL_QUARANTINE:
		ms->quarantine = true;
		return NULL;
	case MILTER_FAIL_REJECT:
		ms->refused = &reply_milter_failed_for_good;
		return ms->refused;
	case MILTER_FAIL_TEMPFAIL:
		break;
	}
	ms->refused = &reply_milter_failed;
	return ms->refused;
}

/* ---- answers ---- */

static bool
is_of_connection(enum milter_command command)
{
	return command == MILTER_CONNECT || command == MILTER_HELO;
}

const struct reply *
milter_take(struct smtp *s, struct milter_conn *conn,
    const struct milter_event *event, const struct milter_said *said)
{
	struct milters *ms = s->milters;
	const struct reply *reply = milter_reply(ms, said);
	bool connection = is_of_connection(event->command);

	if (said->kind == MILTER_ACCEPTS)
		conn->state = connection ? MILTER_OFF : MILTER_DONE;
	if (said->kind == MILTER_DISCARDS && !connection)
		ms->discard = true;
	if (reply == NULL)
		return NULL;
	log_info("milter %.*s answers %c with %u", SLICE_FMT(conn->spec.name),
	    (char)event->command, reply->code);
	if (connection)
		ms->banned = reply;
	else if (event->command != MILTER_RCPT)
		ms->refused = reply;
	return reply;
}

const struct reply *
milter_ask(struct smtp *s, struct milter_conn *conn,
    const struct milter_event *event, struct milter_said *said)
{
	struct err err = { 0, "" };
	STR_AUTO pairs = STR_INIT;

	*said = (struct milter_said){ .kind = MILTER_CONTINUES };
	if (!milter_wants(&conn->m, event->command))
		return NULL;
	if (event->stage < MILTER_STAGES) {
		milter_macros(s, &conn->m, event, &pairs);
		milter_define(&conn->m, event->command, str_slice(&pairs));
	}
	if (milter_say(&conn->m, event->command, event->octets, said, &err) <
	    0) {
		*said = (struct milter_said){ .kind = MILTER_CONTINUES };
		return milter_failed(s, conn, &err);
	}
	return milter_take(s, conn, event, said);
}

/* ---- the commands of a transaction ---- */

/* Says an event to all that see this message, in their order. */
static const struct reply *
ask_all(struct smtp *s, const struct milter_event *event)
{
	struct milters *ms = s->milters;
	const struct reply *no = ms->refused;
	struct milter_said said;
	size_t i;

	for (i = 0; i < ms->count && no == NULL && !ms->discard; i++)
		if (ms->list[i].state == MILTER_BUSY)
			no = milter_ask(s, &ms->list[i], event, &said);
	return no;
}

/* "<address>" and its NUL. */
static void
put_path(struct slice address, struct str *out)
{
	STR_AUTO path = STR_INIT;

	str_appendf(&path, "<%.*s>", SLICE_FMT(address));
	milter_put_text(out, str_slice(&path));
}

/* The parameters of MAIL, each with its NUL. */
static void
put_parameters(const struct smtp *s, struct str *out)
{
	if (s->tx.announced) {
		str_appendf(
		    out, "SIZE=%llu", (unsigned long long)s->tx.announced);
		str_append_char(out, '\0');
	}
	if (s->tx.bits & WIRE_MAIL_8BITMIME)
		milter_put_text(out, slice_from("BODY=8BITMIME"));
	if (s->tx.bits & WIRE_MAIL_BINARYMIME)
		milter_put_text(out, slice_from("BODY=BINARYMIME"));
	if (s->tx.bits & WIRE_MAIL_SMTPUTF8)
		milter_put_text(out, slice_from("SMTPUTF8"));
}

static void
begin_messages(struct smtp *s)
{
	struct milters *ms = s->milters;
	size_t i;

	for (i = 0; i < ms->count; i++)
		if (ms->list[i].state == MILTER_HERE &&
		    milter_is_due(s, &ms->list[i]))
			ms->list[i].state = MILTER_BUSY;
}

const struct reply *
milters_mail(struct smtp *s)
{
	struct milters *ms = s->milters;
	struct milter_event event = { .command = MILTER_MAIL,
		.stage = MILTER_AT_MAIL };
	const struct reply *no;
	STR_AUTO octets = STR_INIT;
	size_t i;

	if (ms == NULL)
		return NULL;
	no = ms->broken ? &reply_milter_failed : ms->banned;
	for (i = 0; i < ms->count && no == NULL; i++)
		no = milter_greet(s, i);
	if (no)
		return no;
	begin_messages(s);
	put_path(str_slice(&s->tx.sender), &octets);
	put_parameters(s, &octets);
	event.octets = str_slice(&octets);
	return ask_all(s, &event);
}

const struct reply *
milters_rcpt(struct smtp *s, struct slice recipient)
{
	struct milter_event event = { .command = MILTER_RCPT,
		.stage = MILTER_AT_RCPT,
		.recipient = recipient };
	STR_AUTO octets = STR_INIT;

	if (s->milters == NULL)
		return NULL;
	put_path(recipient, &octets);
	event.octets = str_slice(&octets);
	return ask_all(s, &event);
}

const struct reply *
milters_data(struct smtp *s)
{
	const struct milter_event event = { .command = MILTER_DATA,
		.stage = MILTER_AT_DATA,
		.octets = { "", 0 } };

	return s->milters ? ask_all(s, &event) : NULL;
}

/* One that is done with the message was asked no more, so that what it has said
 * since tells that its word was not what it was asked for. */
static const struct reply *
doubt(struct smtp *s, struct milter_conn *conn)
{
	struct err err = { 0, "" };

	if (milter_quiet(&conn->m, &err) != -EPROTO)
		return NULL;
	return milter_failed(s, conn, &err);
}

static const struct reply *
check_one(struct smtp *s, struct reception *r, struct milter_conn *conn)
{
	if (conn->state == MILTER_BUSY)
		return milter_message(s, r, conn);
	return conn->state == MILTER_DONE ? doubt(s, conn) : NULL;
}

const struct reply *
milters_check(
    struct smtp *s, struct reception *r, struct content_result *result)
{
	struct milters *ms = s->milters;
	const struct reply *no;
	size_t i;

	if (ms == NULL)
		return NULL;
	no = ms->refused;
	for (i = 0; i < ms->count && no == NULL && !ms->discard; i++)
		no = check_one(s, r, &ms->list[i]);
	result->discard = ms->discard && no == NULL;
	result->quarantine |= ms->quarantine;
	if (no)
		content_found(result, "milter", "refused");
	else if (result->discard)
		content_found(result, "milter", "discarded");
	else if (ms->quarantine)
		content_found(result, "milter", "quarantined");
	return no;
}

/* Its answer has no meaning.  One that fails costs the message that it is
 * asked about, if there is any, and its connection. */
static void
tell_unknown(struct smtp *s, struct milter_conn *conn, struct slice line)
{
	struct err err = { 0, "" };
	struct milter_said said;

	if (conn->state == MILTER_AWAY || conn->state == MILTER_OFF ||
	    milter_say(&conn->m, MILTER_UNKNOWN, line, &said, &err) == 0)
		return;
	if (conn->state == MILTER_BUSY)
		(void)milter_failed(s, conn, &err); /* the next to be told */
	else
		milter_let_go(conn, err.text);
}

void
milters_unknown(struct smtp *s, struct slice line)
{
	STR_AUTO octets = STR_INIT;
	size_t i;

	if (s->milters == NULL)
		return;
	milter_put_text(&octets, line);
	for (i = 0; i < s->milters->count; i++)
		tell_unknown(s, &s->milters->list[i], str_slice(&octets));
}

void
milters_reset(struct smtp *s)
{
	struct milters *ms = s->milters;
	size_t i;

	if (ms == NULL)
		return;
	for (i = 0; i < ms->count; i++) {
		struct milter_conn *conn = &ms->list[i];

		if (conn->state != MILTER_BUSY && conn->state != MILTER_DONE)
			continue;
		milter_tell(&conn->m, MILTER_ABORT);
		conn->state = MILTER_HERE;
	}
	ms->refused = NULL;
	ms->discard = ms->quarantine = false;
}

/* ---- the connection's ---- */

void
milters_begin(struct smtp *s)
{
	const struct settings *set = s->settings;
	struct milter_spec specs[MILTERS_MAX], defaults = {
		.connect_ms = set->milter_connect_timeout,
		.command_ms = set->milter_command_timeout,
		.content_ms = set->milter_content_timeout,
	};
	struct err err = { 0, "" };
	struct chain chain;
	struct milters *ms;
	int i, n;

	if (set->milters[0] == '\0' ||
	    (chain_of(set, s->front->profile, &chain, &err) == 0 &&
		!chain_has(&chain, CHAIN_MILTERS)))
		return; /* of a chain that is wrong, the list is looked at */
	ms = s->milters = mem_zalloc(1, sizeof *ms);
	(void)milter_failure_parse(slice_from(set->milter_default_action),
	    &defaults.failure); /* a word of the setting's own list */
	(void)milter_contact_parse(
	    slice_from(set->milter_contact), &defaults.contact); /* likewise */
	n = milter_list_parse(set->milters, &defaults, specs, &err);
	ms->broken = n < 0;
	if (n < 0)
		log_error("%s", err.text);
	for (i = 0; i < n; i++)
		ms->list[i] = (struct milter_conn){
			.spec = specs[i], .state = MILTER_AWAY, .fd = -1
		};
	ms->count = n < 0 ? 0 : (size_t)n;
}

void
milters_end(struct smtp *s)
{
	struct milters *ms = s->milters;
	size_t i;

	if (ms == NULL)
		return;
	for (i = 0; i < ms->count; i++) {
		if (ms->list[i].fd >= 0)
			milter_tell(&ms->list[i].m, MILTER_QUIT);
		leave(&ms->list[i]);
		str_release(&ms->list[i].helo);
	}
	str_release(&ms->client);
	str_release(&ms->own_text);
	str_release(&ms->own_enhanced);
	free(ms);
	s->milters = NULL;
}
