#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/smtpd/wire_content.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/proto/spamd.h"
#include "common/svc/connection.h"
#include "tests/unit/smtpd_fake.h"

#define FILE_MAX (64 << 20)
#define LOGIN_TRIES 3

/* The one fake that runs: front_ask and its like get a front and no more. */
static struct fake *
fake_of(struct front *front)
{
	return (struct fake *)((char *)front - offsetof(struct fake, front));
}

void
fake_init(struct fake *f, const char *profile)
{
	*f = (struct fake){ .file = -1, .milter_end = -1 };
	f->settings = (struct settings){
		.hostname = "mx.test.dev",
		.smtp_banner = "ready",
		.bare_newline = "reject",
		.quota_message = "Sorry, the mailbox of %u is full: 100%%.",
		.smtp_max_message_size = 65536,
		.smtp_max_recipients = 3,
		.smtp_max_recipients_login = 4,
		.smtp_max_errors = 10,
		.smtp_max_hops = 5,
		.smtp_max_header_lines = 20,
		.smtp_command_timeout = 1000,
		.smtp_data_timeout = 1000,
		.smtp_data_min_rate = 100000,
		.smtp_max_messages = 3,
		.trusted_networks = "",
		.xclient_networks = "192.0.2.1",
		.greylist = "off",
		.greylist_score = "1",
		.smtp_soft_errors = 10,
		.stranger_reject_score = "3",
		.stranger_junk_score = "2",
		.check_early_talker = "off",
		.check_helo_identity = "off",
		.check_helo_syntax = "off",
		.check_reverse_dns = "off",
		.check_helo_dns = "off",
		.check_sender_domain = "off",
		.dnsbl = "",
		.dns_timeout = 1000,
		.sender_policy = "strict",
		.submission_from_policy = "off",
		.spamd = "",
		.spam_command = "",
		.spam_folder = "",
		.spam_query = "",
		.spam_junk_score = "5",
		.clamd = "",
		.clamd_unavailable = "defer",
		.clamd_max_size = 30000,
		.milters = "",
		.milter_default_action = "tempfail",
		.milter_contact = "mail",
		.milter_command_timeout = 1000,
		.milter_content_timeout = 1000,
		.quarantine_folder = "Quarantine",
		.spam_user = "%u",
		.spam_tag_score = "5",
		.spam_reject_score = "10",
		.spam_subject_prefix = "*** SPAM ***",
		.spam_unavailable = "accept",
		.spam_max_size = 30000,
		.filters_mx = "milters clamd commands spam",
		.filters_submission = "milters clamd commands",
		.filters_lmtp = "",
		.content_commands = "",
	};
	f->peer = (struct peer){ .address = "192.0.2.1" };
	f->front = (struct front){
		.settings = &f->settings,
		.peer = &f->peer,
		.profile = profile,
		.trace = "t1",
		.tls_text = "",
		.keeper = -1,
		.login_ends = CLOCK_NEVER,
	};
}

void
fake_release(struct fake *f)
{
	fileio_close(&f->file);
	fileio_close(&f->milter_end);
	str_release(&f->output);
	str_release(&f->stored);
	str_release(&f->said);
	str_release(&f->each);
	str_release(&f->carry);
}

/* ---- the network ---- */

static ssize_t
fake_read(void *ctx, void *octets, size_t len)
{
	struct fake *f = ctx;

	if (len > f->chunk)
		len = f->chunk;
	if (len > f->input.len)
		len = f->input.len;
	if (len == 0 && f->timeout)
		return -EAGAIN;
	memcpy(octets, f->input.ptr, len);
	f->input = slice_skip(f->input, len);
	return (ssize_t)len;
}

static ssize_t
fake_write(void *ctx, const void *octets, size_t len)
{
	struct fake *f = ctx;

	str_append_mem(&f->output, octets, len);
	return (ssize_t)len;
}

static bool
fake_pending(void *ctx)
{
	(void)ctx;
	return true;
}

void
fake_run(struct fake *f, struct slice input, size_t chunk)
{
	static const struct stream_io io = {
		.read = fake_read, .write = fake_write, .pending = fake_pending
	};
	int silent[2] = { -1, -1 };

	if (pipe(silent) < 0)
		abort();
	f->input = input;
	f->chunk = chunk;
	f->front.client = stream_new(silent[0], silent[1]);
	stream_set_io(f->front.client, &io, f);
	smtp_front(&f->front);
	stream_free(f->front.client);
	close(silent[0]);
	close(silent[1]);
}

/* ---- the keeper ---- */

static enum smtp_outcome
answer_mail(struct fake *f, struct ipc_reader *args)
{
	struct wire_mail mail;

	if (!wire_get_mail(args, &mail) || f->mail)
		abort(); /* the front must not ask twice */
	f->mail = true;
	str_appendf(&f->said,
	    "MAIL %.*s helo %.*s bits %u size %llu envid %.*s\n",
	    SLICE_FMT(mail.sender), SLICE_FMT(mail.helo), mail.bits,
	    (unsigned long long)mail.size, SLICE_FMT(mail.envid));
	return OUTCOME_OK;
}

/* What an accepted recipient will be told: by the local part. */
static void
note_rcpt(struct fake *f, const struct wire_rcpt *rcpt)
{
	enum smtp_outcome each = OUTCOME_OK;

	if (slice_starts(rcpt->address, "broken"))
		each = OUTCOME_TEMPFAIL;
	else if (slice_starts(rcpt->address, "c@"))
		each = OUTCOME_OVER_QUOTA;
	str_append_char(&f->each, (char)each);
	str_appendf(&f->said, "RCPT %.*s notify %u orcpt %.*s\n",
	    SLICE_FMT(rcpt->address), rcpt->notify, SLICE_FMT(rcpt->orcpt));
}

static enum smtp_outcome
answer_rcpt(struct fake *f, struct ipc_reader *args)
{
	static const struct {
		const char *address;
		enum smtp_outcome outcome;
	} rows[] = {
		{ "a@test.dev", OUTCOME_OK },
		{ "b@test.dev", OUTCOME_OK },
		{ "c@test.dev", OUTCOME_OK },
		{ "postmaster", OUTCOME_OK },
		{ "disk@test.dev", OUTCOME_OK },
		{ "broken@test.dev", OUTCOME_OK },
		{ "full@test.dev", OUTCOME_OVER_QUOTA },
		{ "drop@test.dev", OUTCOME_DROPPED },
		{ "gone@test.dev", OUTCOME_DISCARD },
		{ "temp@test.dev", OUTCOME_TEMPFAIL },
		{ "many@test.dev", OUTCOME_TOO_MANY },
	};
	enum smtp_outcome outcome = OUTCOME_UNKNOWN;
	struct wire_rcpt rcpt;
	size_t i;

	if (!wire_get_rcpt(args, &rcpt) || !f->mail)
		abort();
	if (slice_find(rcpt.address, '@') + 9 != rcpt.address.len &&
	    slice_find(rcpt.address, '@') < rcpt.address.len)
		outcome = f->logged_in ? OUTCOME_REMOTE : OUTCOME_RELAY;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (slice_is_nocase(rcpt.address, rows[i].address))
			outcome = rows[i].outcome;
	f->discards = outcome == OUTCOME_DISCARD;
	f->disk = f->disk || slice_starts(rcpt.address, "disk");
	f->broken = f->broken || slice_starts(rcpt.address, "broken");
	f->recipients += outcome == OUTCOME_OK || f->discards;
	if (outcome == OUTCOME_OK || f->discards)
		note_rcpt(f, &rcpt);
	return outcome;
}

static enum smtp_outcome
answer_data(struct fake *f)
{
	if (f->recipients == 0)
		abort(); /* the front must not ask */
	if (f->disk)
		return OUTCOME_DISK_FULL;
	if (f->discards)
		return OUTCOME_DISCARD;
	f->data = true;
	fileio_close(&f->file);
	return OUTCOME_OK;
}

static enum smtp_outcome
answer_file(struct fake *f, int *ret_fd)
{
	if (!f->data || f->file >= 0)
		abort(); /* the front must not ask, or not twice */
	if (f->no_file)
		return OUTCOME_DISK_FULL;
	f->files++;
	f->file = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	*ret_fd = dup(f->file);
	return OUTCOME_OK;
}

/* The disk gets full, if it is to, at the worst moment. */
static enum smtp_outcome
answer_edit(const struct fake *f)
{
	if (f->cramped && fcntl(f->file, F_ADD_SEALS, F_SEAL_GROW) < 0)
		abort();
	return OUTCOME_OK;
}

/* A milter that has said all its answers already, and then hung up. */
static enum smtp_outcome
answer_milter(struct fake *f, int *ret_fd)
{
	int ends[2];

	fileio_close(&f->milter_end);
	if (ipc_stream_pair(ends) < 0 ||
	    send(ends[1], f->milter.ptr, f->milter.len, 0) !=
		(ssize_t)f->milter.len)
		abort();
	(void)shutdown(ends[1], SHUT_WR); /* nothing more is said */
	f->milter_end = ends[1];
	*ret_fd = ends[0];
	return OUTCOME_OK;
}

static void
forget(struct fake *f)
{
	f->recipients = 0;
	str_clear(&f->each);
	f->mail = f->discards = f->disk = f->broken = f->data = false;
	fileio_close(&f->file);
}

/* The message, from where it is: in one place alone. */
static void
store_message(struct fake *f, struct slice message)
{
	if ((f->file >= 0) == (message.len > 0))
		abort();
	if (f->file >= 0)
		(void)fileio_read_fd(f->file, FILE_MAX, &f->stored, NULL);
	str_append(&f->stored, message);
	str_append_cstr(&f->stored, "===\n");
}

static enum smtp_outcome
answer_commit(struct fake *f, struct ipc_reader *args, struct str *each)
{
	enum smtp_outcome outcome = OUTCOME_DISCARD;
	bool lmtp = strcmp(f->front.profile, "lmtp") == 0;
	struct wire_commit how;
	size_t i;

	if (!wire_get_commit(args, &how))
		abort();
	if (f->broken && !lmtp)
		outcome = OUTCOME_TEMPFAIL;
	else if (f->data)
		outcome = OUTCOME_OK;
	if (outcome == OUTCOME_OK) {
		store_message(f, how.message);
		f->commits++;
	}
	for (i = 0; i < f->recipients; i++)
		str_append_char(each, lmtp ? f->each.ptr[i] : (char)outcome);
	forget(f);
	return outcome;
}

/* SCRAM with messages of one letter. */
static int
answer_scram(struct ipc_reader *args, struct ipc_msg *reply)
{
	uint32_t step = ipc_get_u32(args);
	enum login_result result = LOGIN_OK;
	const char *text = "a@test.dev";
	struct slice message;

	if (step == SASL_STEP_FIRST)
		(void)ipc_get_u32(args); /* no bindings here */
	message = ipc_get_text(args, SASL_SCRAM_MAX);
	if (step == SASL_STEP_FIRST) {
		result = slice_is(message, "f") ? LOGIN_OK : LOGIN_DENIED;
		text = "s";
	} else if (step == SASL_STEP_PROOF) {
		result = slice_is(message, "p") ? LOGIN_OK : LOGIN_TOO_MANY;
		text = "v";
	}
	ipc_msg_release(reply);
	reply->type = REQUEST_SCRAM;
	ipc_put_u32(&reply->body, result);
	ipc_put_text(&reply->body, slice_from(text));
	return 0;
}

int
front_ask(struct front *front, uint16_t type, struct slice body,
    struct ipc_msg *reply)
{
	struct fake *f = fake_of(front);
	struct ipc_reader args = { body, false };
	enum smtp_outcome outcome = OUTCOME_TEMPFAIL;
	STR_AUTO each = STR_INIT;
	int fd = -1;

	if (type == SMTP_RESET) {
		forget(f);
		return 0;
	}
	if (type == REQUEST_SCRAM)
		return answer_scram(&args, reply);
	if (type == SMTP_MAIL)
		outcome = answer_mail(f, &args);
	else if (type == SMTP_RCPT)
		outcome = answer_rcpt(f, &args);
	else if (type == SMTP_DATA)
		outcome = answer_data(f);
	else if (type == SMTP_FILE)
		outcome = answer_file(f, &fd);
	else if (type == SMTP_COMMIT)
		outcome = answer_commit(f, &args, &each);
	else if (type == SMTP_EDIT)
		outcome = answer_edit(f);
	else if (type == SMTP_FILTER && f->milter.ptr)
		outcome = answer_milter(f, &fd);
	else if (type == SMTP_FILTER && f->filter)
		outcome = OUTCOME_OK, fd = dup(f->file);
	ipc_msg_release(reply);
	reply->type = type;
	ipc_put_u32(&reply->body, outcome);
	if (type == SMTP_COMMIT)
		ipc_put_text(&reply->body, str_slice(&each));
	if (type == SMTP_RECALL)
		ipc_put_text(&reply->body, f->kept);
	reply->nfds = fd >= 0;
	reply->fds[0] = fd;
	return 0;
}

enum login_result
front_login(struct front *front, struct slice name, struct slice password,
    struct err *err)
{
	struct fake *f = fake_of(front);

	if (slice_is(name, "nobody@test.dev")) {
		(void)err_set(err, 0, "no database");
		return LOGIN_TEMPFAIL;
	}
	if (slice_is(password, "secret")) {
		f->logged_in = true;
		return LOGIN_OK;
	}
	return ++f->logins >= LOGIN_TRIES ? LOGIN_TOO_MANY : LOGIN_DENIED;
}

bool
front_is_ending(struct front *front)
{
	return front->ending;
}

enum xclient_result
front_xclient(struct front *front, const struct peer *peer, struct slice login)
{
	struct fake *f = fake_of(front);

	if (login.len && !slice_is(login, "a@test.dev"))
		return XCLIENT_NO_LOGIN;
	f->logged_in = login.len > 0;
	front->learned = *peer;
	front->peer = &front->learned;
	front->xclient = peer_in_networks(peer, f->settings.xclient_networks);
	return XCLIENT_TAKEN;
}

bool
front_may_login(const struct front *front)
{
	return front->tls ||
	       !((const struct fake *)((const char *)front -
				       offsetof(struct fake, front)))
		    ->remote_front;
}

int
front_starttls(struct front *front, struct slice carry, struct err *err)
{
	str_set(&fake_of(front)->carry, carry);
	if (front->tls_offered)
		return 0;
	return err_set(err, ENOENT, "no certificate");
}

/* ---- what the client was told ---- */

void
fake_lines(const struct fake *f, struct str *out)
{
	const struct str *output = &f->output;
	size_t i;

	for (i = 0; i < output->len; i++) {
		if (output->ptr[i] == '\n' &&
		    (i == 0 || output->ptr[i - 1] != '\r'))
			abort();
		if (output->ptr[i] != '\r')
			str_append_char(out, output->ptr[i]);
	}
}

void
fake_check(struct fake *f, const char *in, const char *out)
{
	STR_AUTO got = STR_INIT;

	fake_run(f, slice_from(in), 4096);
	fake_lines(f, &got);
	if (!slice_is(str_slice(&got), out)) {
		(void)fprintf(stderr, "wanted\n%sgot\n%s", out, str_cstr(&got));
		abort();
	}
	fake_release(f);
}
