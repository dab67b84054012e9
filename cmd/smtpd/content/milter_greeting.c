#include "cmd/smtpd/content/milters.h"

bool
milter_is_due(const struct smtp *s, const struct milter_conn *conn)
{
	if (conn->state == MILTER_OFF)
		return false;
	return conn->spec.audience == MILTER_FOR_ALL ||
	       (conn->spec.audience == MILTER_FOR_USERS) == s->logged_in;
}

/* ---- the client's name ---- */

/* A proxy's word goes before ours; who is not looked into has none. */
static void
name_client(struct smtp *s)
{
	const struct peer *peer = s->front->peer;
	struct milters *ms = s->milters;
	struct slice name = slice_from(peer->name);

	if (ms->named)
		return;
	ms->named = true;
	ms->resolved = CHECK_PASS;
	if (name.len == 0)
		ms->resolved = checks_client_name(s->checks, &name);
	str_set(&ms->client, name);
}

struct slice
milter_client(const struct smtp *s)
{
	return str_slice(&s->milters->client);
}

const char *
milter_resolved(const struct smtp *s)
{
	switch (s->milters->resolved) {
	case CHECK_PASS:
		return "OK";
	case CHECK_TEMPERROR:
		return "TEMP";
	default:
		return "FAIL";
	}
}

/* ---- CONNECT and HELO ---- */

static const struct reply *
say_connect(struct smtp *s, struct milter_conn *conn)
{
	const struct peer *peer = s->front->peer;
	struct milter_event event = { .command = MILTER_CONNECT,
		.stage = MILTER_AT_CONNECT };
	struct milter_said said;
	STR_AUTO octets = STR_INIT;
	STR_AUTO name = STR_INIT;

	name_client(s);
	str_append(&name, milter_client(s));
	if (peer->is_pipe || peer->address[0] == '\0') {
		milter_put_text(&octets, slice_from("localhost"));
		str_append_char(&octets, 'U');
	} else {
		if (name.len == 0)
			str_appendf(&name, "[%s]", peer->address);
		milter_put_text(&octets, str_slice(&name));
		str_append_char(&octets, peer->ipv6 ? '6' : '4');
		str_append_char(&octets, (char)(peer->port >> 8));
		str_append_char(&octets, (char)peer->port);
		milter_put_text(&octets, slice_from(peer->address));
	}
	event.octets = str_slice(&octets);
	return milter_ask(s, conn, &event, &said);
}

/* Before HELO there is nothing to be said. */
static const struct reply *
say_helo(struct smtp *s, struct milter_conn *conn)
{
	struct milter_event event = { .command = MILTER_HELO,
		.stage = MILTER_AT_HELO };
	struct milter_said said;
	STR_AUTO octets = STR_INIT;

	if (slice_equal(str_slice(&conn->helo), str_slice(&s->helo)))
		return NULL;
	str_set(&conn->helo, str_slice(&s->helo));
	milter_put_text(&octets, str_slice(&s->helo));
	event.octets = str_slice(&octets);
	return milter_ask(s, conn, &event, &said);
}

static const struct reply *
connect_milter(struct smtp *s, struct milter_conn *conn, size_t i)
{
	struct ipc_msg answer = IPC_MSG_INIT;
	struct err err = { 0, "it cannot be connected to" };

	if (content_open(
		s, (enum wire_filter)(WIRE_FILTER_MILTER + i), &answer) == 1)
		conn->fd = ipc_msg_take_fd(&answer, 0);
	ipc_msg_release(&answer);
	if (conn->fd < 0)
		return milter_failed(s, conn, &err);
	milter_init(&conn->m, conn->fd, s->front->keeper, conn->spec.command_ms,
	    conn->spec.content_ms);
	if (milter_negotiate(&conn->m, &err) < 0)
		return milter_failed(s, conn, &err);
	conn->state = MILTER_HERE;
	str_clear(&conn->helo);
	return say_connect(s, conn);
}

/* A connection from the message before that is good for no other: its milter
 * was started anew, or speaks unasked. */
static void
leave_if_odd(struct milter_conn *conn)
{
	struct err err = { 0, "" };

	if (conn->state == MILTER_HERE && milter_quiet(&conn->m, &err) < 0)
		milter_let_go(conn, err.text);
}

const struct reply *
milter_greet(struct smtp *s, size_t i)
{
	struct milter_conn *conn = &s->milters->list[i];
	const struct reply *no = NULL;

	if (!milter_is_due(s, conn))
		return NULL;
	leave_if_odd(conn);
	if (conn->state == MILTER_AWAY)
		no = connect_milter(s, conn, i);
	if (no == NULL && conn->state == MILTER_HERE)
		no = say_helo(s, conn);
	return no;
}

/* ---- as they happen ---- */

/* Is it to hear of what happens now, before there is any mail?  Whose mail it
 * will be is not known yet. */
static bool
is_contacted(const struct smtp *s, const struct milter_conn *conn,
    enum milter_contact at)
{
	if (conn->state == MILTER_HERE)
		return true;
	return conn->state == MILTER_AWAY && !conn->missed &&
	       conn->spec.contact >= at &&
	       (conn->spec.audience == MILTER_FOR_ALL ||
		   (conn->spec.audience == MILTER_FOR_STRANGERS &&
		       !s->submission));
}

/* One that fails now is asked anew at the first MAIL, and decides there. */
static const struct reply *
greet_early(struct smtp *s, size_t i)
{
	struct milters *ms = s->milters;
	const struct reply *no = milter_greet(s, i);

	if (ms->list[i].state != MILTER_AWAY)
		return no;
	ms->list[i].missed = true;
	ms->refused = NULL;
	ms->quarantine = false;
	return NULL;
}

static const struct reply *
greet_all(struct smtp *s, enum milter_contact at)
{
	struct milters *ms = s->milters;
	const struct reply *no;
	size_t i;

	if (ms == NULL)
		return NULL;
	no = ms->banned;
	for (i = 0; i < ms->count && no == NULL; i++)
		if (is_contacted(s, &ms->list[i], at))
			no = greet_early(s, i);
	return no;
}

const struct reply *
milters_connect(struct smtp *s)
{
	return greet_all(s, MILTER_FROM_CONNECT);
}

const struct reply *
milters_helo(struct smtp *s)
{
	return greet_all(s, MILTER_FROM_HELO);
}

const struct reply *
milters_banned(const struct smtp *s)
{
	return s->milters ? s->milters->banned : NULL;
}
