#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/proto/exchange.h"
#include "common/proto/milter.h"

#define READ_MAX 16384
#define HELD_BACK_MAX 65536 /* octets said before they are sent */

/* What is known of a command. */
struct row {
	enum milter_command command;
	uint32_t version; /* from which on there is one */
	uint32_t unwanted, unanswered;
	bool content; /* its answer has the longer time */
};

/* clang-format off */
static const struct row rows[] = {
	{ MILTER_CONNECT, 2, MILTER_NO_CONNECT, MILTER_NR_CONNECT, false },
	{ MILTER_HELO,    2, MILTER_NO_HELO,    MILTER_NR_HELO,    false },
	{ MILTER_MAIL,    2, MILTER_NO_MAIL,    MILTER_NR_MAIL,    false },
	{ MILTER_RCPT,    2, MILTER_NO_RCPT,    MILTER_NR_RCPT,    false },
	{ MILTER_DATA,    4, MILTER_NO_DATA,    MILTER_NR_DATA,    false },
	{ MILTER_UNKNOWN, 3, MILTER_NO_UNKNOWN, MILTER_NR_UNKNOWN, false },
	{ MILTER_HEADER,  2, MILTER_NO_HEADERS, MILTER_NR_HEADER,  true },
	{ MILTER_EOH,     2, MILTER_NO_EOH,     MILTER_NR_EOH,     true },
	{ MILTER_BODY,    2, MILTER_NO_BODY,    MILTER_NR_BODY,    true },
	{ MILTER_EOM,     2, 0,                 0,                 true },
};
/* clang-format on */

static const struct row *
find_row(enum milter_command command)
{
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0] - 1; i++)
		if (rows[i].command == command)
			return &rows[i];
	return &rows[i]; /* the end of the message */
}

void
milter_init(
    struct milter *m, int fd, int guard, int64_t command_ms, int64_t content_ms)
{
	*m = (struct milter){
		.fd = fd,
		.guard = guard,
		.command_ms = command_ms,
		.content_ms = content_ms,
		.progress_ms = MILTER_PROGRESS_MAX_MS,
	};
}

void
milter_release(struct milter *m)
{
	size_t i;

	for (i = 0; i < MILTER_STAGES; i++)
		str_release(&m->symbols[i]);
	str_release(&m->out);
	str_release(&m->in);
}

/* ---- octets ---- */

static int
failed(struct err *err, int rc)
{
	if (rc == -ETIMEDOUT)
		return err_set(err, ETIMEDOUT, "it took too long");
	return err_sys(err, -rc, "the conversation broke off");
}

/* Sends what was said. */
static int
flush(struct milter *m, int64_t deadline, struct err *err)
{
	struct slice rest = str_slice(&m->out);

	while (rest.len) {
		ssize_t n = send(
		    m->fd, rest.ptr, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc = n < 0 ? -errno : 0;

		if (rc == -EAGAIN)
			rc = exchange_wait(m->fd, POLLOUT, m->guard, deadline);
		if (rc < 0 && rc != -EINTR)
			return failed(err, rc);
		rest = slice_skip(rest, n > 0 ? (size_t)n : 0);
	}
	str_clear(&m->out);
	return 0;
}

/* Adds what comes next to m->in. */
static int
fill(struct milter *m, int64_t deadline, struct err *err)
{
	ssize_t n;
	int rc;

	if (clock_left(deadline) == 0)
		return failed(err, -ETIMEDOUT); /* one that never pauses */
	str_drop(&m->in, m->taken);
	m->taken = 0;
	str_reserve(&m->in, READ_MAX);
	for (;;) {
		n = recv(m->fd, m->in.ptr + m->in.len, READ_MAX, MSG_DONTWAIT);
		if (n == 0)
			return err_set(err, EPIPE, "it hung up");
		if (n > 0)
			break;
		rc = -errno;
		if (rc == -EAGAIN)
			rc = exchange_wait(m->fd, POLLIN, m->guard, deadline);
		if (rc < 0 && rc != -EINTR)
			return failed(err, rc);
	}
	m->in.len += (size_t)n;
	m->in.ptr[m->in.len] = '\0';
	return 0;
}

/* The next packet. */
static int
receive(struct milter *m, int64_t deadline, struct milter_said *ret_said,
    struct err *err)
{
	struct slice packet;
	size_t used;
	int rc;

	for (;;) {
		rc = milter_cut(
		    slice_skip(str_slice(&m->in), m->taken), &packet, &used);
		if (rc < 0)
			return err_set(err, EPROTO, "this is no milter");
		if (rc == 1)
			break;
		rc = fill(m, deadline, err);
		if (rc < 0)
			return rc;
	}
	m->taken += used;
	if (!milter_parse(packet, ret_said))
		return err_set(err, EPROTO, "an answer without a sense");
	return 0;
}

/* How long an answer may take; with all the changes before it. */
struct patience {
	int64_t ms, deadline;
	int64_t latest; /* whatever signs of life there are */
};

static struct patience
begin_patience(const struct milter *m, const struct row *row)
{
	int64_t ms = row->content ? m->content_ms : m->command_ms;
	int64_t deadline = clock_deadline(ms);

	return (struct patience){ ms, deadline, deadline + m->progress_ms };
}

/* The next packet that is more than a sign of life. */
static int
receive_answer(struct milter *m, struct patience *patience,
    struct milter_said *ret_said, struct err *err)
{
	int64_t more;
	int rc;

	while ((rc = receive(m, patience->deadline, ret_said, err)) == 0 &&
	       ret_said->kind == MILTER_PROGRESSES) {
		more = clock_deadline(patience->ms);
		patience->deadline =
		    more < patience->latest ? more : patience->latest;
		if (clock_left(patience->deadline) == 0)
			return failed(err, -ETIMEDOUT);
	}
	return rc;
}

/* ---- options ---- */

static int
take_symbols(struct milter *m, struct slice rest, struct err *err)
{
	struct slice names;
	uint32_t stage;
	bool bad = false;

	while (milter_next_symbols(&rest, &stage, &names, &bad)) {
		if (m->has_symbols[stage])
			return err_set(err, EPROTO, "two lists of macros");
		m->has_symbols[stage] = true;
		str_set(&m->symbols[stage], names);
	}
	return 0;
}

static int
take_options(
    struct milter *m, const struct milter_options *options, struct err *err)
{
	if (options->version < MILTER_VERSION_MIN ||
	    options->version > MILTER_VERSION)
		return err_set(err, EPROTO, "it speaks version %u",
		    (unsigned)options->version);
	if ((options->actions & ~(uint32_t)MILTER_ACTIONS) ||
	    (options->steps & ~(uint32_t)MILTER_STEPS))
		return err_set(err, EPROTO,
		    "it wants what was not offered (%x, %x)",
		    (unsigned)options->actions, (unsigned)options->steps);
	m->version = options->version;
	m->actions = options->actions;
	m->steps = options->steps;
	return take_symbols(m, options->symbols, err);
}

int
milter_negotiate(struct milter *m, struct err *err)
{
	int64_t deadline = clock_deadline(m->command_ms);
	struct milter_said said = { .kind = MILTER_CONTINUES };
	STR_AUTO octets = STR_INIT;
	int rc;

	milter_put_u32(&octets, MILTER_VERSION);
	milter_put_u32(&octets, MILTER_ACTIONS);
	milter_put_u32(&octets, MILTER_STEPS);
	milter_put(MILTER_OPTNEG, str_slice(&octets), &m->out);
	rc = flush(m, deadline, err);
	if (rc == 0)
		rc = receive(m, deadline, &said, err);
	if (rc < 0)
		return rc;
	if (said.kind != MILTER_AGREES)
		return err_set(err, EPROTO, "it does not negotiate");
	return take_options(m, &said.options, err);
}

/* ---- the conversation ---- */

bool
milter_wants(const struct milter *m, enum milter_command command)
{
	const struct row *row = find_row(command);

	return m->version >= row->version && !(m->steps & row->unwanted);
}

void
milter_define(struct milter *m, enum milter_command command, struct slice pairs)
{
	STR_AUTO octets = STR_INIT;

	str_append_char(&octets, (char)command);
	str_append(&octets, pairs);
	milter_put(MILTER_MACRO, str_slice(&octets), &m->out);
}

int
milter_say(struct milter *m, enum milter_command command, struct slice octets,
    struct milter_said *ret_said, struct err *err)
{
	const struct row *row = find_row(command);
	struct patience patience = begin_patience(m, row);
	int rc;

	*ret_said = (struct milter_said){ .kind = MILTER_CONTINUES };
	if (!milter_wants(m, command))
		return 0;
	milter_put(command, octets, &m->out);
	if (m->steps & row->unanswered)
		return m->out.len < HELD_BACK_MAX
			   ? 0
			   : flush(m, patience.deadline, err);
	rc = milter_quiet(m, err);
	if (rc == 0)
		rc = flush(m, patience.deadline, err);
	if (rc == 0)
		rc = receive_answer(m, &patience, ret_said, err);
	if (rc == 0 && ret_said->kind >= MILTER_EDITS)
		return err_set(err, EPROTO, "an answer out of its place");
	return rc;
}

/* What must have been agreed upon for a change. */
static uint32_t
action_of(enum milter_edit_kind kind)
{
	switch (kind) {
	case MILTER_EDIT_ADD_HEADER:
	case MILTER_EDIT_INSERT_HEADER:
		return MILTER_ADD_HEADERS;
	case MILTER_EDIT_CHANGE_HEADER:
		return MILTER_CHANGE_HEADERS;
	case MILTER_EDIT_BODY:
		return MILTER_CHANGE_BODY;
	case MILTER_EDIT_FROM:
		return MILTER_CHANGE_FROM;
	case MILTER_EDIT_ADD_RCPT:
		return MILTER_ADD_RCPT | MILTER_ADD_RCPT_ARGS;
	case MILTER_EDIT_DELETE_RCPT:
		return MILTER_DELETE_RCPT;
	case MILTER_EDIT_QUARANTINE:
		return MILTER_QUARANTINE;
	}
	return 0;
}

/* The last answer counts when nothing comes behind it; that the milter hangs up
 * then is its right. */
static int
check_end(const struct milter *m, struct err *err)
{
	struct err odd = { 0, "" };

	if (milter_quiet(m, &odd) != -EPROTO)
		return 0;
	return err_set(err, EPROTO, "%s", odd.text);
}

int
milter_end(struct milter *m, milter_editor *editor, void *ctx,
    struct milter_said *ret_said, struct err *err)
{
	struct patience patience = begin_patience(m, find_row(MILTER_EOM));
	int rc;

	milter_put(MILTER_EOM, slice_from(""), &m->out);
	rc = milter_quiet(m, err);
	if (rc == 0)
		rc = flush(m, patience.deadline, err);
	while (rc == 0) {
		rc = receive_answer(m, &patience, ret_said, err);
		if (rc == 0 && ret_said->kind < MILTER_EDITS)
			return check_end(m, err);
		if (rc < 0)
			break;
		if (ret_said->kind != MILTER_EDITS ||
		    !(m->actions & action_of(ret_said->edit.kind)))
			rc = err_set(
			    err, EPROTO, "a change that it did not announce");
		else
			rc = editor(ctx, &ret_said->edit, err);
	}
	return rc;
}

void
milter_tell(struct milter *m, enum milter_command command)
{
	struct err ignored; /* it is found out with the next command */

	milter_put(command, slice_from(""), &m->out);
	(void)flush(m, clock_deadline(m->command_ms), &ignored);
}
