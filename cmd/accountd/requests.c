#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/accountd/requests.h"
#include "common/account/account_client_session.h"
#include "common/account/greylist.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"

enum { FREE = 1 << 0, BOUND = 1 << 1 };

#define LOGINS_MAX 128 /* of one connection, in either way */

/* ---- answers ---- */

void
request_answer_plain(struct request_ctx *ctx, enum account_outcome outcome,
    const struct err *err)
{
	struct wire_head head = { outcome, false, 0, { "", 0 } };
	STR_AUTO body = STR_INIT;

	if (outcome == ACCOUNT_TEMPFAIL)
		head.text = slice_from(err->text);
	else
		pending_hurry(&ctx->server->pending, ctx->server->sql);
	wire_put_head(&body, &head);
	server_send(ctx->server, ctx->client, &body);
}

void
request_answer_user(struct request_ctx *ctx, enum account_outcome outcome,
    struct account_user *user, const struct err *err)
{
	const struct wire_head head = { outcome, false, 1, { "", 0 } };
	STR_AUTO body = STR_INIT;

	if (outcome != ACCOUNT_FOUND) {
		request_answer_plain(ctx, outcome, err);
		return;
	}
	pending_hurry(&ctx->server->pending, ctx->server->sql);
	wire_put_head(&body, &head);
	wire_put_user(&body, user);
	server_send(ctx->server, ctx->client, &body);
	account_user_release(user);
}

/* The targets from *at on that one part has room for. */
static void
answer_part(
    struct request_ctx *ctx, const struct account_targets *targets, size_t *at)
{
	struct wire_head head = { ACCOUNT_FOUND, false, 0, { "", 0 } };
	STR_AUTO list = STR_INIT;
	STR_AUTO body = STR_INIT;

	while (*at < targets->count && list.len < WIRE_PART_BODY) {
		wire_put_target(&list, &targets->list[(*at)++]);
		head.count++;
	}
	head.more = *at < targets->count;
	pending_hurry(&ctx->server->pending, ctx->server->sql);
	wire_put_head(&body, &head);
	str_append(&body, str_slice(&list));
	server_send(ctx->server, ctx->client, &body);
}

/* ---- the requests ---- */

/* May this client ask about name? */
static bool
is_allowed(const struct client *client, struct slice name)
{
	return client->bound == NULL || slice_is(name, client->bound);
}

void
request_log_failure(
    const char *request, struct slice name, const struct err *err)
{
	log_warning("%s %.*s: %s", request, SLICE_FMT(name), err->text);
}

static int
do_resolve(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice address = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct account_targets targets = { NULL, 0 };
	enum account_outcome outcome;
	struct err err = { 0, "" };
	size_t at = 0;

	(void)msg;
	if (!ipc_reader_done(args))
		return -EPROTO;
	outcome = account_sql_resolve(r->server->sql, address, &targets, &err);
	if (outcome == ACCOUNT_TEMPFAIL)
		request_log_failure("resolve", address, &err);
	if (outcome != ACCOUNT_FOUND)
		request_answer_plain(r, outcome, &err);
	while (at < targets.count)
		answer_part(r, &targets, &at);
	account_targets_release(&targets);
	return 0;
}

static int
do_lookup(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice name = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct account_user user = { 0 };
	struct err err = { 0, "" };
	enum account_outcome outcome;

	(void)msg;
	if (!ipc_reader_done(args) || !is_allowed(r->client, name))
		return -EPROTO;
	outcome = account_sql_lookup(r->server->sql, name, &user, &err);
	if (outcome == ACCOUNT_TEMPFAIL)
		request_log_failure("lookup", name, &err);
	request_answer_user(r, outcome, &user, &err);
	return 0;
}

static int
do_spam_prefs(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice name = ipc_get_text(args, ACCOUNT_NAME_MAX);
	const struct wire_head head = { ACCOUNT_FOUND, false, 1, { "", 0 } };
	struct account_spam_prefs prefs;
	enum account_outcome outcome;
	struct err err = { 0, "" };
	STR_AUTO body = STR_INIT;

	(void)msg;
	if (!ipc_reader_done(args))
		return -EPROTO;
	outcome = account_sql_spam_prefs(r->server->sql, name, &prefs, &err);
	if (outcome == ACCOUNT_TEMPFAIL)
		request_log_failure("spam preferences", name, &err);
	if (outcome != ACCOUNT_FOUND) {
		request_answer_plain(r, outcome, &err);
		return 0;
	}
	wire_put_head(&body, &head);
	wire_put_spam_prefs(&body, &prefs);
	server_send(r->server, r->client, &body);
	return 0;
}

static bool
is_within(int64_t value, int64_t max)
{
	return value >= -max && value <= max;
}

static bool
note_add(struct request_ctx *r, struct ipc_reader *args)
{
	struct server *s = r->server;
	struct slice name = ipc_get_text(args, ACCOUNT_NAME_MAX);
	int64_t octets = (int64_t)ipc_get_u64(args);
	int64_t messages = (int64_t)ipc_get_u64(args);

	if (args->bad || !is_allowed(r->client, name) ||
	    !is_within(octets, WIRE_OCTETS_MAX) ||
	    !is_within(messages, WIRE_MESSAGES_MAX))
		return false;
	s->adds =
	    mem_grow(s->adds, &s->adds_cap, s->nadds + 1, sizeof *s->adds);
	s->adds[s->nadds++] = (struct add){ .client = r->client,
		.last = ipc_reader_done(args),
		.add = { mem_strndup(name.ptr, name.len), octets, messages,
		    false } };
	r->client->adds++;
	return true;
}

/* Only noted down: requests_flush_adds is at the end of the round. */
static int
do_quota_add(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	unsigned int n = 0;
	bool good = true;

	(void)msg;
	do
		good = n++ < WIRE_ADDS_MAX && note_add(ctx, args);
	while (good && !ipc_reader_done(args));
	return good ? 0 : -EPROTO;
}

/* The session that the client becomes, counted; false when the user has too
 * many and none of them is at rest. */
static bool
take_seat(struct request_ctx *r, struct slice name, struct slice service)
{
	const struct server_sessions *sessions = &r->server->sessions;
	const struct seat_wanted wanted = { name, service, sessions->process,
		sessions->limit };
	const uint64_t once = 1;
	uint32_t ring;

	if (sessions->seats == NULL)
		return true;
	if (seats_take(sessions->seats, &wanted, &r->client->seat, &ring) < 0) {
		log_info("%.*s has %u sessions (%.*s), of which none is at "
			 "rest: one more is refused",
		    SLICE_FMT(name), sessions->limit, SLICE_FMT(service));
		return false;
	}
	if (ring != SEATS_NOBODY &&
	    write(sessions->bells[ring], &once, sizeof once) < 0)
		log_warning("a session of %.*s cannot be told to end: %m",
		    SLICE_FMT(name));
	return true;
}

static int
do_bind(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice name = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct slice service = ipc_get_text(args, WIRE_SERVICE_MAX);

	(void)msg;
	if (!ipc_reader_done(args) || name.len == 0)
		return -EPROTO;
	r->client->bound = mem_strndup(name.ptr, name.len);
	request_answer_plain(r,
	    take_seat(r, name, service) ? ACCOUNT_FOUND : ACCOUNT_DENIED, NULL);
	return 0;
}

static int
do_rest(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	bool resting = ipc_get_u32(args) != 0;

	(void)msg;
	if (!ipc_reader_done(args))
		return -EPROTO;
	seats_rest(
	    r->server->sessions.seats, r->client->seat, resting, clock_ms());
	return 0;
}

static int
do_scarce(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;

	(void)msg;
	if (!ipc_reader_done(args))
		return -EPROTO;
	if (r->server->sessions.seats &&
	    seats_first_to_tell(r->server->sessions.seats))
		log_info(ACCOUNT_SCARCE_TEXT);
	return 0;
}

static int
do_greylist(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	const struct wire_head head = { ACCOUNT_FOUND, false, 0, { "", 0 } };
	struct request_ctx *r = ctx;
	struct greylist_question question;
	STR_AUTO body = STR_INIT;
	struct err err = { 0, "" };
	uint64_t wait = 0;

	(void)msg;
	if (!greylist_get(args, &question))
		return -EPROTO;
	if (account_sql_greylist(r->server->sql, &question, clock_now().tv_sec,
		&wait, &err) != ACCOUNT_FOUND) {
		request_log_failure("greylist", question.network, &err);
		request_answer_plain(r, ACCOUNT_TEMPFAIL, &err);
		return 0;
	}
	wire_put_head(&body, &head);
	ipc_put_u64(&body, wait);
	server_send(r->server, r->client, &body);
	return 0;
}

static int
do_expire(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice name = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct account_expiry expiry = { .mailbox = ipc_get_text(
					     args, WIRE_MAILBOX_MAX),
		.saved = (int64_t)ipc_get_u64(args),
		.added = ipc_get_u32(args) != 0 };
	enum account_outcome outcome;
	struct err err = { 0, "" };

	(void)msg;
	if (!ipc_reader_done(args) || !is_allowed(r->client, name) ||
	    expiry.saved < 0)
		return -EPROTO;
	outcome = account_sql_expire(r->server->sql, name, &expiry, &err);
	if (outcome == ACCOUNT_TEMPFAIL)
		request_log_failure("expires", name, &err);
	request_answer_plain(r, outcome, &err);
	return 0;
}

/* No request lists accounts. */
/* clang-format off */
static const struct request requests[] = {
	{ WIRE_RESOLVE,   "RESOLVE",   FREE,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, do_resolve },
	{ WIRE_LOGIN,     "LOGIN",     FREE,
	  WIRE_REQUEST_BODY, LOGINS_MAX,        request_login },
	{ WIRE_SCRAM_FIRST, "SCRAM_FIRST", FREE,
	  WIRE_REQUEST_BODY, LOGINS_MAX,        request_scram_first },
	{ WIRE_SCRAM_PROOF, "SCRAM_PROOF", FREE,
	  WIRE_REQUEST_BODY, LOGINS_MAX,        request_scram_proof },
	{ WIRE_MAY_SEND,  "MAY_SEND",  FREE,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, request_may_send },
	{ WIRE_RESERVE,   "RESERVE",   FREE,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, request_reserve },
	{ WIRE_GIVE_BACK, "GIVE_BACK", FREE,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, request_give_back },
	{ WIRE_LOOKUP,    "LOOKUP",    FREE | BOUND,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, do_lookup },
	{ WIRE_QUOTA_ADD, "QUOTA_ADD", FREE | BOUND,
	  WIRE_ADDS_BODY,    REQUEST_UNLIMITED, do_quota_add },
	{ WIRE_SPAM_PREFS, "SPAM_PREFS", FREE,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, do_spam_prefs },
	{ WIRE_EXPIRE,    "EXPIRE",    FREE | BOUND,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, do_expire },
	{ WIRE_BIND,      "BIND",      FREE,
	  WIRE_REQUEST_BODY, 1,                 do_bind },
	{ WIRE_REST,      "REST",      BOUND,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, do_rest },
	{ WIRE_SCARCE,    "SCARCE",    BOUND,
	  WIRE_REQUEST_BODY, 1,                 do_scarce },
	{ WIRE_GREYLIST,  "GREYLIST",  FREE,
	  WIRE_REQUEST_BODY, REQUEST_UNLIMITED, do_greylist },
};
/* clang-format on */

int
requests_answer(
    struct server *server, struct client *client, struct ipc_msg *msg)
{
	struct request_ctx ctx = { server, client };
	char trace[LOG_TRACE_MAX];
	const struct request *row = NULL;
	int rc = -EPROTO;

	/* answers come in the order of requests */
	if (msg->type != WIRE_QUOTA_ADD && client->adds)
		requests_flush_adds(server);
	account_sql_begin_request(server->sql);
	if (wire_take_trace(&msg->body, trace)) {
		log_set_trace(trace);
		rc = request_dispatch(requests,
		    sizeof requests / sizeof requests[0], &client->counts,
		    client->bound ? BOUND : FREE, msg, &ctx, &row);
	}
	if (rc < 0)
		log_warning("a client's request is refused: %s, type %u",
		    row ? row->name : "unknown", msg->type);
	log_set_trace(""); /* what follows is nobody's */
	return rc;
}

/* In the order of names, so that two processes do not lock each other out. */
static int
compare_adds(const void *a, const void *b)
{
	const struct add *x = a;
	const struct add *y = b;

	return strcmp(x->add.name, y->add.name);
}

/* All of one user is one addition, so that a user's clients cost the database
 * the same however many they send.  The bounds of wire.h leave room for the
 * sum.  How many additions were made of it. */
static size_t
sum_up(struct server *server, struct account_quota_add *sums)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < server->nadds; i++) {
		struct add *from = &server->adds[i];

		if (n && strcmp(sums[n - 1].name, from->add.name) == 0) {
			sums[n - 1].octets += from->add.octets;
			sums[n - 1].messages += from->add.messages;
		} else {
			sums[n++] = from->add;
		}
		from->sum = n - 1;
	}
	return n;
}

/* Each request is answered once, for all that its client wanted added. */
static void
answer_adds(struct server *server, const struct account_quota_add *sums,
    enum account_outcome outcome, const struct err *err)
{
	static const struct err refused = { EIO, "refused by the database" };
	size_t i;

	for (i = 0; i < server->nadds; i++) {
		struct add *add = &server->adds[i];

		add->client->refused |= sums[add->sum].refused;
		add->client->adds = 0;
	}
	for (i = 0; i < server->nadds; i++) {
		const struct add *add = &server->adds[i];
		struct request_ctx ctx = { server, add->client };

		if (!add->last || add->client->gone)
			continue;
		if (add->client->refused)
			request_answer_plain(&ctx, ACCOUNT_TEMPFAIL, &refused);
		else
			request_answer_plain(&ctx, outcome, err);
	}
	for (i = 0; i < server->nadds; i++)
		server->adds[i].client->refused = false;
}

/* The database gets them now, or when it is back: who asked does not wait for
 * that.  Whether a commit was made whose answer was lost nobody can tell; then
 * it is made twice, and a recount mends it. */
static enum account_outcome
add_or_keep(struct server *server, struct account_quota_add *sums, size_t n,
    struct err *err)
{
	enum account_outcome outcome = ACCOUNT_TEMPFAIL;

	if (pending_is_waiting(&server->pending)) {
		(void)err_set(err, EAGAIN, "waits for the database"); /* told */
	} else {
		account_sql_begin_request(server->sql);
		outcome = account_sql_quota_add(server->sql, sums, n, err);
	}
	if (outcome == ACCOUNT_TEMPFAIL)
		pending_keep(&server->pending, sums, n, err);
	else if (server->pending.count)
		pending_retry(&server->pending, server->sql, true);
	return outcome;
}

void
requests_flush_adds(struct server *server)
{
	struct account_quota_add *sums;
	struct err err = { 0, "" };
	enum account_outcome outcome;
	size_t i, n;

	if (server->nadds == 0)
		return;
	qsort(server->adds, server->nadds, sizeof *server->adds, compare_adds);
	sums = mem_zalloc(server->nadds, sizeof *sums);
	n = sum_up(server, sums);
	outcome = add_or_keep(server, sums, n, &err);
	answer_adds(server, sums, outcome, &err);
	for (i = 0; i < server->nadds; i++)
		free((char *)(uintptr_t)server->adds[i].add.name); /* ours */
	server->nadds = 0;
	free(sums);
}
