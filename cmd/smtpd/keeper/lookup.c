#include <errno.h>
#include <string.h>

#include "cmd/smtpd/keeper/keeper.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/svc/check/checks.h"
#include "common/svc/check/name_servers.h"

static struct lookup *
lookup_of(void *ctx)
{
	struct delivery *d = ((struct keeper *)ctx)->service;

	return &d->lookup;
}

/* Is it, or whom may it name as its client, a stranger? */
static bool
is_needed(const struct settings *set, const struct peer *peer)
{
	static const struct peer anybody = { .address = "" };

	return checks_need_dns(set, peer) ||
	       (checks_need_dns(set, &anybody) &&
		   (peer_in_networks(peer, set->proxy_networks) ||
		       peer_in_networks(peer, set->xclient_networks)));
}

void
lookup_prepare(struct lookup *lookup, struct keeper *keeper)
{
	const struct settings *set = keeper->settings;
	struct err err = { 0, "" };
	size_t i;

	*lookup = (struct lookup){ .cache = -1 };
	if (strcmp(keeper->profile, "mx") != 0 || !is_needed(set, keeper->peer))
		return;
	name_servers_find(set, &lookup->dns);
	for (i = 0; i < lookup->dns.count; i++)
		lookup->ports[i] = dns_servers_port(&lookup->dns, i);
	keeper->connect = lookup->ports;
	if (set->dns_cache_time == 0)
		return;
	lookup->cache = reputation_open(set->runtime_dir, &err);
	if (lookup->cache < 0)
		log_warning(
		    "what is found about strangers is not kept: %s", err.text);
}

void
lookup_release(struct lookup *lookup)
{
	fileio_close(&lookup->cache);
}

int
handle_dns(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct lookup *lookup = lookup_of(ctx);
	uint32_t server = ipc_get_u32(args);
	int fds[DNS_SERVERS_MAX] = { -1, -1, -1 }, rc, n;
	STR_AUTO body = STR_INIT;
	int i;

	(void)msg; /* its body is args */
	if (!ipc_reader_done(args))
		return -EPROTO;
	n = name_servers_open(
	    &lookup->dns, server < DNS_SERVERS_MAX ? (int)server : -1, fds);
	if (n < 0)
		log_warning("no name server: %s", strerror(-n));
	ipc_put_u32(&body, n > 0 ? OUTCOME_OK : OUTCOME_TEMPFAIL);
	rc = keeper_reply(
	    ctx, SMTP_DNS, str_slice(&body), fds, n > 0 ? (size_t)n : 0);
	for (i = 0; i < n; i++)
		fileio_close(&fds[i]);
	return rc;
}

/* Is the address that the front speaks of the one that its client has?  After
 * XCLIENT it need not be. */
static bool
is_peer(const struct keeper *keeper, struct slice address)
{
	return address.len && slice_is(address, keeper->peer->address);
}

int
handle_recall(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	const struct keeper *keeper = ctx;
	struct slice address = ipc_get_text(args, PEER_ADDRESS_MAX);
	uint64_t now = (uint64_t)clock_now().tv_sec;
	STR_AUTO known = STR_INIT;
	STR_AUTO body = STR_INIT;

	(void)msg; /* its body is args */
	if (!ipc_reader_done(args))
		return -EPROTO;
	if (is_peer(keeper, address))
		(void)reputation_recall(lookup_of(ctx)->cache,
		    keeper->peer->address, now, &known); /* or "" */
	ipc_put_u32(&body, OUTCOME_OK);
	ipc_put_text(&body, str_slice(&known));
	return keeper_reply(ctx, SMTP_RECALL, str_slice(&body), NULL, 0);
}

int
handle_remember(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	const struct keeper *keeper = ctx;
	struct slice address = ipc_get_text(args, PEER_ADDRESS_MAX);
	uint64_t seconds = ipc_get_u32(args);
	uint64_t most = (uint64_t)keeper->settings->dns_cache_time / 1000;
	uint64_t now = (uint64_t)clock_now().tv_sec;
	struct reputation what = { .address = keeper->peer->address };

	(void)msg; /* its body is args */
	what.body = ipc_get_text(args, REPUTATION_MAX);
	what.expires = now + (seconds < most ? seconds : most);
	if (!ipc_reader_done(args))
		return -EPROTO;
	if (is_peer(keeper, address))
		reputation_remember(lookup_of(ctx)->cache, &what, now);
	return 0;
}
