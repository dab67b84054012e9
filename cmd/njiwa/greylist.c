/* greylist: who sent to whom for the first time, and came again. */
#include <stdio.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/strangers.h"
#include "common/account/greylist.h"
#include "common/account/greylist_admin.h"
#include "common/base/clock.h"
#include "common/net/network.h"

/* The network that an address or a network is counted in; false, having said
 * so, when text is neither. */
static bool
network_named(const struct tool *tool, const char *text, struct str *out)
{
	STR_AUTO address = STR_INIT;
	struct network network;

	str_append(&address,
	    slice_head(slice_from(text), slice_find(slice_from(text), '/')));
	if (!network_of(
		str_cstr(&address), GREYLIST_BITS4, GREYLIST_BITS6, &network)) {
		tool_say(tool, "%s: no address", text);
		return false;
	}
	network_print(&network, out);
	return true;
}

static void
print(void *ctx, const struct greylist_row *row)
{
	(void)ctx;
	if (row->recipient[0] == '\0')
		printf("%s\t\t\t%lld came twice\n", row->network,
		    (long long)row->passed);
	else
		printf("%s\t<%s>\t%s\t%s\n", row->network, row->sender,
		    row->recipient, row->passed ? "passed" : "waits");
}

int
cmd_greylist_list(struct tool *tool)
{
	STR_AUTO network = STR_INIT;
	struct err err = { 0 };
	int rc;

	if (tool->count && !network_named(tool, tool->operands[0], &network))
		return EX_DATAERR;
	rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	rc = greylist_list(tool->admin, str_cstr(&network), print, NULL, &err);
	return rc < 0 ? tool_fail_err(tool, "greylist", rc, &err) : EX_OK;
}

int
cmd_greylist_forget(struct tool *tool)
{
	STR_AUTO network = STR_INIT;
	struct err err = { 0 };
	int rc;

	if (!network_named(tool, tool->operands[0], &network))
		return EX_DATAERR;
	rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	rc = greylist_forget(tool->admin, str_cstr(&network), &err);
	return rc < 0 ? tool_fail_err(tool, "greylist", rc, &err) : EX_OK;
}

/* ---- for explain ---- */

struct triplet {
	const char *sender, *recipient;
	bool there, passed;
	int64_t first_seen, network;
};

static void
see(void *ctx, const struct greylist_row *row)
{
	struct triplet *t = ctx;

	if (row->recipient[0] == '\0')
		t->network = row->passed;
	if (strcmp(row->sender, t->sender) != 0 ||
	    strcmp(row->recipient, t->recipient) != 0)
		return;
	t->there = true;
	t->passed = row->passed > 0;
	t->first_seen = row->first_seen;
}

/* Seconds to wait, for one who is greylisted. */
static uint64_t
print_triplet(const struct settings *settings, const struct triplet *t)
{
	int64_t delay = settings->greylist_delay / 1000;
	int64_t left =
	    t->there ? t->first_seen + delay - clock_now().tv_sec : delay;

	if (settings->greylist_auto && t->network >= settings->greylist_auto) {
		printf("let in: %lld of its network came twice\n",
		    (long long)t->network);
		return 0;
	}
	if (t->passed || left <= 0) {
		printf("let in: it %s\n", t->passed ? "came twice" : "waited");
		return 0;
	}
	if (left > delay)
		left = delay; /* the clock was set back */
	printf("451 4.7.1, to come again in %lld seconds%s\n", (long long)left,
	    t->there ? "" : ": not seen before");
	return (uint64_t)left;
}

/* Does that time stand in the reply to RCPT? */
static bool
is_told_at_rcpt(const struct settings *settings, const struct stranger *who)
{
	if (strcmp(settings->greylist, "on") != 0 && !who->suspicious)
		printf("  that is for who is suspicious, by what he does\n");
	else if (who->sender->len == 0)
		printf("  that is said after DATA\n");
	else
		return true;
	return false;
}

uint64_t
strangers_print_greylist(struct tool *tool, const struct stranger *who)
{
	STR_AUTO network = STR_INIT;
	STR_AUTO sender = STR_INIT;
	struct triplet t = { .recipient = str_cstr(who->recipient) };
	struct err err = { 0 };
	uint64_t wait = 0;

	if (strcmp(tool->settings.greylist, "off") == 0 ||
	    !network_named(tool, who->peer->address, &network) ||
	    tool_open(tool) != EX_OK)
		return 0;
	printf("  greylist %s, network %s: ", tool->settings.greylist,
	    str_cstr(&network));
	if (!who->sender_said) {
		printf("who sends it must be known (from)\n");
		return 0;
	}
	greylist_sender(str_slice(who->sender), &sender);
	t.sender = str_cstr(&sender);
	if (greylist_list(tool->admin, str_cstr(&network), see, &t, &err) < 0)
		printf("let in: %s\n", err.text);
	else
		wait = print_triplet(&tool->settings, &t);
	return wait && is_told_at_rcpt(&tool->settings, who) ? wait : 0;
}
