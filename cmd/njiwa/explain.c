/* explain: what SMTP says, by the code that says it. */
#include <arpa/inet.h>
#include <stdio.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/mailbox.h"
#include "cmd/njiwa/strangers.h"
#include "common/account/account_sql.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "common/msg/address.h"
#include "common/net/peer.h"
#include "common/svc/account_settings.h"
#include "common/svc/rates.h"
#include "common/svc/settings_table.h"
#include "common/svc/verdict.h"

/* What is to be explained. */
struct explain {
	struct tool *tool;
	const char *ip, *from;     /* NULL: not said */
	struct peer peer;          /* of ip */
	bool stranger;             /* the peer is one who is looked into */
	struct stranger who;       /* that one */
	uint64_t wait;             /* seconds, where he is greylisted */
	struct str helo;           /* "": not said */
	struct str sender;         /* canonical; "" for <> */
	uint64_t size;             /* octets, 0: not announced */
	struct str recipient;      /* canonical */
	const struct reply *reply; /* the last word, once it is said */
	struct account_sql *sql;
};

/* ---- steps as they happen ---- */

static void
print_step(void *ctx, const char *text)
{
	(void)ctx;
	printf("  %s\n", text);
}

static void
print_notice(void *ctx, const char *text)
{
	(void)ctx;
	printf("  notice: %s\n", text);
}

/* What the server would log. */
static void
print_event(void *ctx, const struct log_event *event)
{
	(void)ctx;
	printf("  log: %s\n", event->text);
}

/* The text with the argument in it, as one line. */
static void
print_reply(const struct explain *e, const struct reply *reply)
{
	STR_AUTO argument = STR_INIT;
	const char *at = strstr(reply->text, "%s");

	if (reply == &reply_greylisted)
		str_appendf(&argument, "%llu", (unsigned long long)e->wait);
	else if (e->who.reason.len)
		str_append(&argument, str_slice(&e->who.reason));
	else
		verdict_text(&e->tool->settings, reply,
		    str_slice(&e->recipient), &argument);
	printf("%u %s ", reply->code, reply->enhanced);
	if (at == NULL)
		printf("%s\n", reply->text);
	else
		printf("%.*s%s%s\n", (int)(at - reply->text), reply->text,
		    str_cstr(&argument), at + 2);
}

/* ---- the client ---- */

/* What is asked for about strangers. */
static void
print_settings(const struct tool *tool)
{
	size_t i;

	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];
		STR_AUTO value = STR_INIT;

		if (!slice_starts(slice_from(row->name), "check_"))
			continue;
		settings_print(&tool->settings, row, &value);
		if (value.len && !slice_is(str_slice(&value), "off") &&
		    !slice_is(str_slice(&value), "no"))
			printf("  %s: %s\n", row->name, str_cstr(&value));
	}
}

static int
explain_client(struct explain *e)
{
	struct peer *peer = &e->peer;
	struct in6_addr binary;

	if (e->ip == NULL)
		return EX_OK;
	peer->ipv6 = inet_pton(AF_INET6, e->ip, &binary) == 1;
	if (!peer->ipv6 && inet_pton(AF_INET, e->ip, &binary) != 1)
		return tool_fail(e->tool, EX_USAGE, "%s: no IP address", e->ip);
	(void)snprintf(peer->address, sizeof peer->address, "%s", e->ip);
	e->stranger = rates_apply_to(&e->tool->settings, peer);
	if (!e->stranger) {
		printf("client %s: %s\n", e->ip,
		    peer_is_loopback(peer) ? "this machine itself"
					   : "of trusted_networks");
		return EX_OK;
	}
	printf("client %s: a stranger, who is looked into\n", e->ip);
	print_settings(e->tool);
	e->reply = strangers_print_rates(e->tool, peer);
	return EX_OK;
}

/* ---- the sender and the message ---- */

static enum address_error
parse(const char *text, unsigned flags, struct str *out)
{
	STR_AUTO path = STR_INIT;
	struct address address;
	struct slice rest;
	enum address_error wrong;

	str_appendf(&path, text[0] == '<' ? "%s" : "<%s>", text);
	rest = str_slice(&path);
	wrong = address_parse_path(&rest, flags, &address);
	if (wrong == ADDRESS_OK && rest.len)
		return ADDRESS_SYNTAX;
	if (wrong == ADDRESS_OK)
		address_canonical(&address, out);
	return wrong;
}

static int
explain_sender(struct explain *e)
{
	if (e->from &&
	    parse(e->from, ADDRESS_ALLOW_NULL, &e->sender) != ADDRESS_OK)
		return tool_fail(
		    e->tool, EX_DATAERR, "%s: no address", e->from);
	if (e->from)
		printf("sender <%s>: good, as from anybody on port 25\n",
		    str_cstr(&e->sender));
	if (e->size > (uint64_t)e->tool->settings.smtp_max_message_size) {
		printf("message of %llu octets: smtp_max_message_size is "
		       "%lld\n",
		    (unsigned long long)e->size,
		    (long long)e->tool->settings.smtp_max_message_size);
		e->reply = &reply_size_announced;
	}
	return EX_OK;
}

static int
explain_checks(struct explain *e)
{
	e->who = (struct stranger){ .peer = &e->peer,
		.helo = &e->helo,
		.sender = &e->sender,
		.sender_said = e->from != NULL,
		.recipient = &e->recipient };
	if (e->stranger)
		e->reply = strangers_print_checks(e->tool, &e->who);
	return EX_OK;
}

/* ---- the recipient ---- */

static void
print_quota(const struct explain *e, const struct account_user *user)
{
	const struct settings *settings = &e->tool->settings;

	if (user->quota_limit == 0) {
		printf("    quota: %lld octets in use, no limit\n",
		    (long long)user->quota_used);
		return;
	}
	printf("    quota: %lld of %llu octets in use, %llu with the grace for "
	       "a last message: %s\n",
	    (long long)user->quota_used, (unsigned long long)user->quota_limit,
	    (unsigned long long)verdict_ceiling(settings, user),
	    verdict_has_room(settings, user, e->size) ? "room" : "no room");
}

static void
print_folder(const struct explain *e, const struct account_target *target)
{
	const struct account_row row = { .name = target->user.name,
		.home = target->user.home,
		.uid = target->user.uid,
		.gid = target->user.gid };
	char folder[MAILBOX_FOLDER_MAX];
	struct mailbox_place place;
	struct err err;
	int rc = mailbox_find(&e->tool->settings, &row, &place, &err);

	if (rc == 0)
		printf("    mail: %s\n", str_cstr(&place.path));
	if (rc == 0)
		rc = mailbox_folder(
		    &place, target->detail ? target->detail : "", folder, &err);
	mailbox_release(&place);
	if (rc == 0)
		printf("    folder: %s\n", folder);
	else
		printf("    folder: %s\n", err.text);
}

static void
print_targets(const struct explain *e, const struct account_targets *targets)
{
	size_t i;

	for (i = 0; i < targets->count; i++) {
		const struct account_target *target = &targets->list[i];

		if (!target->local) {
			printf("  to %s, at another host\n", target->address);
			continue;
		}
		printf("  to %s\n", target->user.name);
		print_quota(e, &target->user);
		print_folder(e, target);
	}
}

static enum account_outcome
resolve(void *ctx, struct slice address, struct account_targets *ret_targets,
    struct err *err)
{
	struct explain *e = ctx;
	enum account_outcome outcome;

	account_sql_begin_request(e->sql);
	outcome = account_sql_resolve(e->sql, address, ret_targets, err);
	if (outcome == ACCOUNT_FOUND)
		print_targets(e, ret_targets);
	return outcome;
}

static int
explain_recipient(struct explain *e)
{
	const struct verdict_asker asker = { &e->tool->settings, false, "",
		resolve, e };
	struct account_targets targets = { NULL, 0 };
	struct err err = { 0 };
	int rc;

	account_settings(&e->tool->settings, &e->tool->accounts);
	rc = account_sql_new(
	    &e->tool->accounts, print_notice, NULL, &e->sql, &err);
	if (rc < 0)
		return tool_fail_err(e->tool, "queries", rc, &err);
	printf("recipient <%s>\n", str_cstr(&e->recipient));
	account_sql_trace(e->sql, print_step, NULL);
	e->reply = verdict_reply(
	    verdict_on(&asker, str_slice(&e->recipient), e->size, &targets));
	printf("  %llu questions to the database\n",
	    (unsigned long long)account_sql_questions(e->sql));
	account_targets_release(&targets);
	account_sql_free(e->sql);
	if (e->reply->code < 400 && e->stranger)
		e->wait = strangers_print_greylist(e->tool, &e->who);
	if (e->wait)
		e->reply = &reply_greylisted;
	return EX_OK;
}

/* ---- the order ---- */

/* Each prints its steps, and sets the reply when it has the last word.  The
 * exit status when there is nothing to explain, else EX_OK. */
static int (*const explainers[])(struct explain *e) = {
	explain_client,
	explain_sender,
	explain_checks,
	explain_recipient,
};

/* "from ADDRESS", "size N", "ip IP", "helo NAME". */
static int
read_words(struct explain *e)
{
	struct tool *tool = e->tool;
	int i;

	if (parse(tool->operands[0],
		ADDRESS_ALLOW_POSTMASTER | ADDRESS_ALLOW_UTF8,
		&e->recipient) != ADDRESS_OK)
		return tool_fail(
		    tool, EX_DATAERR, "%s: no address", tool->operands[0]);
	for (i = 1; i + 1 < tool->count; i += 2) {
		const char *word = tool->operands[i];
		const char *value = tool->operands[i + 1];

		if (strcmp(word, "from") == 0)
			e->from = value;
		else if (strcmp(word, "ip") == 0)
			e->ip = value;
		else if (strcmp(word, "helo") == 0)
			str_set(&e->helo, slice_from(value));
		else if (strcmp(word, "size") != 0)
			break;
		else if (!num_parse(slice_from(value), INT64_MAX, &e->size))
			return tool_fail(tool, EX_DATAERR,
			    "%s: not a number of octets", value);
	}
	if (i < tool->count)
		return tool_fail(tool, EX_USAGE,
		    "%s: what follows the address is from ADDRESS, size N, ip "
		    "IP or helo NAME",
		    tool->operands[i]);
	return EX_OK;
}

int
cmd_explain_rcpt(struct tool *tool)
{
	struct explain e = { .tool = tool };
	int rc = tool_load(tool);
	size_t i;

	if (rc == EX_OK)
		rc = read_words(&e);
	log_to(print_event, NULL);
	for (i = 0; i < sizeof explainers / sizeof explainers[0]; i++)
		if (rc == EX_OK && e.reply == NULL)
			rc = explainers[i](&e);
	if (rc == EX_OK && e.reply) {
		print_reply(&e, e.reply);
		rc = e.reply->code < 400   ? EX_OK
		     : e.reply->code < 500 ? EX_TEMPFAIL
					   : EX_NOUSER;
	}
	log_to(NULL, NULL);
	str_release(&e.who.reason);
	str_release(&e.recipient);
	str_release(&e.helo);
	str_release(&e.sender);
	return rc;
}
