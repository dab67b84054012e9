/* explain: what is found about a stranger, by the checks of the server. */
#include <stdio.h>

#include "cmd/njiwa/strangers.h"
#include "common/svc/check/checks.h"
#include "common/svc/check/name_servers.h"
#include "common/svc/check/report.h"

/* The checks' way to the DNS: this process asks itself. */
static int
open_dns(void *ctx, int server, int fds[DNS_SERVERS_MAX])
{
	const struct dns_servers *servers = ctx;

	return name_servers_open(servers, server, fds);
}

/* What nobody told us to look at; NULL: nothing is missing. */
static const char *
what_is_missing(const struct check *row, const struct stranger *who)
{
	if (row->is_on == NULL || row->stage == CHECK_DATA)
		return "not checked";
	if (strcmp(row->name, "early-talker") == 0)
		return "only a conversation tells";
	if (row->stage == CHECK_HELO && who->helo->len == 0)
		return "what it says in HELO must be known (helo)";
	if (row->stage == CHECK_MAIL && !who->sender_said)
		return "who sends must be known (from)";
	return NULL;
}

/* c is NULL where the settings ask for none. */
static void
print_findings(const struct checks *c, const struct stranger *who)
{
	size_t i;

	for (i = 0; i < checks_count; i++) {
		const struct check *row = checks_table[i];
		const char *missing = what_is_missing(row, who);
		STR_AUTO text = STR_INIT;

		if (row->is_on && (!c || !row->is_on(c->about.settings)))
			continue;
		if (missing == NULL)
			check_describe(&c->findings[i], &text);
		printf("  %s: %s\n", row->name,
		    missing ? missing : str_cstr(&text));
	}
}

static void
print_sum(const struct checks *c, const struct reply *no)
{
	const struct settings *set = c->about.settings;
	STR_AUTO score = STR_INIT;

	check_print_score(checks_score(c), &score);
	printf("  score %s (junk from %s, refused from %s): %s\n",
	    str_cstr(&score),
	    set->stranger_junk_score[0] ? set->stranger_junk_score : "never",
	    set->stranger_reject_score[0] ? set->stranger_reject_score
					  : "never",
	    no               ? "refused"
	    : checks_junk(c) ? "junk"
			     : "let in");
}

const struct reply *
strangers_print_checks(const struct tool *tool, struct stranger *who)
{
	const struct checks_about about = { .settings = &tool->settings,
		.peer = who->peer,
		.helo = who->helo,
		.sender = who->sender };
	struct dns_servers servers;
	const struct checks_host host = { .open_dns = open_dns,
		.ctx = &servers };
	const struct reply *no;
	struct slice reason;
	struct checks *c;

	if (checks_need_dns(&tool->settings, who->peer))
		name_servers_find(&tool->settings, &servers);
	c = checks_new(&about, &host);
	if (c == NULL) {
		print_findings(NULL, who);
		return NULL;
	}
	checks_begin(c, CHECK_HELO);
	checks_begin(c, CHECK_MAIL);
	no = checks_recipient(c, str_slice(who->recipient), &reason);
	print_findings(c, who);
	print_sum(c, no);
	if (no)
		str_set(&who->reason, reason);
	who->suspicious = checks_suspicious(c);
	checks_free(c);
	return no;
}
