#include "cmd/imapd/capability.h"
#include "cmd/imapd/context.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/mailbox_name.h"
#include "cmd/imapd/message_texts.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/special_use.h"
#include "cmd/imapd/view.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/msg/casemap.h"
#include "common/store/mailbox_body.h"

#include <errno.h>
#include <malloc.h>
#include <time.h>

#define SESSION_LITERAL_MAX 65536    /* octets of a command's literals */
#define SESSION_QUOTA_FRESH 2000     /* ms that a quota is believed */
#define SESSION_SKIP_MAX (64u << 20) /* octets of refused ones read past */
#define SESSION_MAPPED 131072        /* octets from which memory is mapped */

static const char too_many[] =
    "Too many sessions of yours; end one, or try again later";
static const char no_mail[] = "Mail cannot be opened now; try again later";

/* Why the store failed, as the client is told. */
static const struct failure {
	int error;
	const char *code;
	const char *text;
	bool trouble; /* the administrator should hear of it */
} failures[] = {
	/* clang-format off */
	{ ENOENT,       "NONEXISTENT",   "No such mailbox", false },
	{ ESTALE,       "NONEXISTENT",   "The mailbox is gone", false },
	{ EEXIST,       "ALREADYEXISTS", "Mailbox exists already", false },
	{ EINVAL,       "CANNOT",        "Not a name for a mailbox", false },
	{ ENAMETOOLONG, "CANNOT",        "Name is too long", false },
	{ EROFS,        "UNAVAILABLE",   "Mail cannot be changed now", true },
	{ EACCES,       "NOPERM",        "Permission denied", true },
	{ EPERM,        "NOPERM",        "Permission denied", true },
	{ ENOSPC,       "UNAVAILABLE",   "No space left for mail", true },
	{ EDQUOT,       "OVERQUOTA",     "No space left for mail", true },
	{ EAGAIN,       "INUSE",         "Mailbox is busy, try later", true },
	{ ENOTSUP,      "CANNOT",        "Not possible here", false },
	{ EMLINK,       "LIMIT",         "Too many mailboxes", true },
	{ EFBIG,        "LIMIT",         "Too many of them", true },
	{ EOVERFLOW,    "LIMIT",         "The mailbox has no UID left", true },
	/* clang-format on */
};

void
imap_fail(struct imap *im, int error, const struct err *err)
{
	size_t i;

	for (i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		const struct failure *f = &failures[i];

		if (f->error != -error)
			continue;
		if (f->trouble)
			log_error("%s: %s", im->conn.row->verb, err->text);
		conn_no(&im->conn, f->code, f->text);
		return;
	}
	log_error("%s: %s", im->conn.row->verb, err->text);
	conn_no(&im->conn, "SERVERBUG", "Internal error");
}

bool
imap_mailbox_argument(
    struct imap *im, struct args *args, struct str *name, const char *usage)
{
	bool valid;

	if (!mailbox_name_argument(args, name, &valid)) {
		conn_bad(&im->conn, usage);
		return false;
	}
	if (!valid)
		conn_no(&im->conn, "CANNOT", "Not a name for a mailbox");
	return valid;
}

void
imap_need_uids(struct imap *im)
{
	conn_bad_code(&im->conn, "UIDREQUIRED", "Only UIDs are known here");
}

bool
imap_compose_name(struct imap *im, struct str *name, struct str *old)
{
	STR_AUTO composed = STR_INIT;

	if (!im->conn.utf8)
		return false;
	casemap_compose(str_slice(name), &composed);
	if (slice_equal(str_slice(&composed), str_slice(name)))
		return false;
	str_set(old, str_slice(name));
	str_set(name, str_slice(&composed));
	return true;
}

bool
imap_sole_mailbox(struct imap *im, struct slice argument)
{
	static const char usage[] = "One mailbox name is needed";
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!imap_mailbox_argument(im, &args, &im->name, usage))
		return false;
	if (!args_end(&args))
		conn_bad(&im->conn, usage);
	return args_end(&args);
}

bool
imap_url_mailbox(struct imap *im, struct slice wire, struct str *name)
{
	struct name_style names = { im->conn.separator, true };

	if (!mailbox_name_decode(wire, names, name))
		return false;
	mailbox_name_spell(name);
	return true;
}

bool
imap_is_selected(const struct imap *im, struct slice name)
{
	struct slice own = str_slice(&im->mailbox_name);

	if (im->mailbox == NULL)
		return false;
	return slice_equal(own, name) || (slice_is_nocase(own, "INBOX") &&
					     slice_is_nocase(name, "INBOX"));
}

int
imap_open_body(struct imap *im, uint32_t seq, struct err *err)
{
	uint32_t uid = mailbox_message(im->mailbox, seq)->uid;
	int rc;

	if (im->body_uid == uid)
		return 0;
	im->body_uid = 0;
	im->mime.count = 0;
	rc = mailbox_message_body(im->mailbox, seq, &im->body, err);
	if (rc == 0)
		im->body_uid = uid;
	return rc;
}

void
imap_find_parts(struct imap *im)
{
	if (im->mime.count == 0)
		mime_parse(body_text(&im->body), &im->mime);
}

void
imap_forget_body(struct imap *im)
{
	body_release(&im->body);
	mime_release(&im->mime);
	binary_place_release(&im->binary);
	im->body_uid = 0;
}

void
imap_unselect(struct imap *im)
{
	imap_forget_body(im);
	message_text_rest(im);
	context_forget(im);
	seqset_release(&im->saved);
	mailbox_free(im->mailbox);
	im->mailbox = NULL;
	im->conn.state = ST_NAMELESS;
}

/* The setting's text, with the user's name in the place of %u. */
static const char *
quota_text(struct imap *im)
{
	const char *template = im->service->settings->quota_message;
	struct str *text = &im->conn.text_made;
	const char *at;

	str_clear(text);
	while ((at = strstr(template, "%u")) != NULL) {
		str_append_mem(text, template, (size_t)(at - template));
		str_append_cstr(text, im->service->user->name);
		template = at + 2;
	}
	str_append_cstr(text, template);
	return str_cstr(text);
}

/* Asks how full the mailbox is, which other sessions and deliveries change;
 * what was known stays when nobody can say. */
static void
ask_quota(struct imap *im)
{
	struct account_user *user = im->service->user;
	struct account_user now = { .name = NULL };
	struct err err = { 0, "" };

	im->quota_deadline = clock_deadline(SESSION_QUOTA_FRESH);
	if (account_lookup(im->service->account, slice_from(user->name), &now,
		&err) != ACCOUNT_FOUND)
		return;
	user->quota_limit = now.quota_limit;
	user->quota_used = now.quota_used;
	user->quota_messages = now.quota_messages;
	account_user_release(&now);
}

bool
imap_has_quota(struct imap *im)
{
	if (clock_left(im->quota_deadline) == 0)
		ask_quota(im);
	return im->service->user->quota_limit != 0 ||
	       im->service->settings->quota_messages != 0;
}

static bool
fits(const struct imap *im, uint64_t octets, uint64_t messages)
{
	const struct account_user *user = im->service->user;
	uint64_t used = user->quota_used > 0 ? (uint64_t)user->quota_used : 0;
	uint64_t count =
	    user->quota_messages > 0 ? (uint64_t)user->quota_messages : 0;
	uint64_t max = (uint64_t)im->service->settings->quota_messages;

	if (max && (count > max || messages > max - count))
		return false;
	return user->quota_limit == 0 ||
	       (used <= user->quota_limit &&
		   octets <= user->quota_limit - used);
}

bool
imap_has_room(
    struct imap *im, struct slice folder, uint64_t octets, uint64_t messages)
{
	if (slice_is(folder, im->service->settings->quota_ignore) ||
	    !imap_has_quota(im) || fits(im, octets, messages))
		return true;
	ask_quota(im);
	if (fits(im, octets, messages))
		return true;
	conn_no(&im->conn, "OVERQUOTA", quota_text(im));
	return false;
}

static bool
open_store(struct imap *im)
{
	struct store_config config;
	struct err err = { 0, "" };

	session_store_config(im->service, &config);
	if (store_open(im->service->mail_path, STORE_CREATE, &config,
		&im->store, &err) == 0)
		return true;
	log_error("%s", err.text);
	return false;
}

/* The answer to the command that logged in, which the front has left to us. */
static void
answer_login(struct imap *im, bool opened)
{
	struct str *out = &im->conn.out;
	const char *code = im->service->refused ? "LIMIT" : "UNAVAILABLE";
	const char *why = im->service->refused ? too_many : no_mail;

	str_append(out, im->service->argument);
	if (opened) {
		str_append_cstr(out, " OK [");
		capability_list(im->service->settings, CAP_AFTER_LOGIN, 0, out);
		str_append_cstr(out, "] Logged in\r\n");
	} else {
		str_appendf(out, " NO [%s] %s\r\n", code, why);
		conn_bye(&im->conn, why);
	}
	conn_flush(&im->conn);
	(void)malloc_trim(0); /* what the keeper used; an optimisation */
}

static void
init(struct imap *im, struct session *session)
{
	const struct settings *settings = session->settings;
	struct reader_limits limits = {
		.line = (size_t)settings->imap_max_line,
		.literal = SESSION_LITERAL_MAX,
		.skip = SESSION_SKIP_MAX,
		.unasked =
		    settings->imap_literal_minus ? READER_UNASKED_MAX : 0,
	};

	/* else it grows, and the 3 MB that LMDB allocates for each opening, and
	 * hardly uses, are cleared octet by octet */
	(void)mallopt(M_MMAP_THRESHOLD, SESSION_MAPPED); /* an optimisation */
	*im = (struct imap){ .service = session };
	conn_init(&im->conn, &imap_class, session->client, &limits);
	im->conn.state = ST_NAMELESS;
	im->conn.tls = session->tls;
	im->conn.separator = settings->separator[0];
	im->conn.max_errors = (unsigned)settings->imap_max_errors;
	im->conn.timeout = settings->imap_idle_timeout;
	im->quota_deadline = clock_deadline(SESSION_QUOTA_FRESH);
}

/* To a client that has not left by itself. */
static void
say_goodbye(struct imap *im)
{
	const char *why = stream_eof(im->conn.client)
			      ? session_end_reason(im->service)
			      : NULL;

	if (why == NULL)
		return;
	log_info("session ended: %s", why);
	im->conn.over = false; /* of the input's end */
	conn_bye(&im->conn, why);
	conn_flush(&im->conn);
}

void
imap_session(struct session *session)
{
	struct imap im;
	bool opened;

	init(&im, session);
	opened = !session->refused && open_store(&im);
	if (opened)
		special_use_make(&im);
	answer_login(&im, opened);
	conn_run(&im.conn);
	say_goodbye(&im);
	imap_unselect(&im);
	notify_free(im.notify);
	store_free(im.store);
	account_quota_flush(session->account);
	str_release(&im.mailbox_name);
	str_release(&im.name);
	conn_release(&im.conn);
}
