#include "cmd/imapd/commands.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/response.h"

#include <errno.h>

#define UNIT 1024 /* octets that STORAGE counts (RFC 9208 section 5.1) */

/* The one quota root that there is. */
static const char root[] = "User quota";

static const char usage[] = "GETQUOTA takes the name of a quota root";

static uint64_t
units(uint64_t octets)
{
	return octets / UNIT + (octets % UNIT != 0);
}

static void
tell_resource(struct str *out, const char *name, uint64_t used, uint64_t limit)
{
	str_append_cstr(out, name);
	response_number(out, used);
	str_append_char(out, ' ');
	response_number(out, limit);
}

static void
tell_quota(struct imap *im)
{
	const struct account_user *user = im->service->user;
	int64_t max = im->service->settings->quota_messages;
	struct str *out = &im->conn.out;
	uint64_t messages =
	    user->quota_messages > 0 ? (uint64_t)user->quota_messages : 0;
	uint64_t used = user->quota_used > 0 ? (uint64_t)user->quota_used : 0;

	str_append_cstr(out, "* QUOTA ");
	response_string(out, slice_from(root));
	str_append_cstr(out, " (");
	if (user->quota_limit)
		tell_resource(
		    out, "STORAGE ", units(used), units(user->quota_limit));
	if (user->quota_limit && max)
		str_append_char(out, ' ');
	if (max)
		tell_resource(out, "MESSAGE ", messages, (uint64_t)max);
	str_append_cstr(out, ")\r\n");
}

void
cmd_getquota(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct slice name;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_astring(&args, &name) || !args_end(&args))
		conn_bad(&im->conn, usage);
	else if (!slice_is(name, root) || !imap_has_quota(im))
		conn_no(&im->conn, "NONEXISTENT", "No such quota root");
	else
		tell_quota(im);
}

/* Without a limit, and where nothing is counted, there is no root. */
void
cmd_getquotaroot(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct str *out = &im->conn.out;
	struct err err = { 0, "" };
	bool counted;
	int rc;

	if (!imap_sole_mailbox(im, argument))
		return;
	rc = store_has_folder(im->store, str_slice(&im->name), &err);
	if (rc <= 0) {
		imap_fail(im, rc < 0 ? rc : -ENOENT, &err);
		return;
	}
	counted =
	    imap_has_quota(im) && !slice_is(str_slice(&im->name),
				      im->service->settings->quota_ignore);
	str_append_cstr(out, "* QUOTAROOT ");
	response_mailbox(out, str_slice(&im->name), conn_names(&im->conn));
	if (counted) {
		str_append_char(out, ' ');
		response_string(out, slice_from(root));
	}
	str_append_cstr(out, "\r\n");
	if (counted)
		tell_quota(im);
}

void
cmd_setquota(void *ctx, struct slice argument)
{
	struct imap *im = ctx;

	(void)argument; /* whatever it is */
	conn_no(&im->conn, "NOPERM", "Only the administrator sets quotas");
}
