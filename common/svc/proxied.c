#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/net/proxy_header.h"
#include "common/svc/proxied.h"

#define PROXY_MS 10000 /* for a proxy's header */
#define PORT_MAX 65535

/* How REQUEST_PEER and REQUEST_XCLIENT are answered. */
enum { PEER_TAKEN, PEER_TOO_OFTEN, PEER_NO_LOGIN };

static void
put_peer(const struct peer *peer, struct slice login, struct str *body)
{
	ipc_put_text(body, slice_from(peer->address));
	ipc_put_text(body, slice_from(peer->local_address));
	ipc_put_text(body, slice_from(peer->name));
	ipc_put_u32(body, peer->port);
	ipc_put_u32(body, peer->local_port);
	ipc_put_text(body, login);
}

static bool
get_peer(struct ipc_reader *args, struct peer *ret_peer, struct slice *login)
{
	struct slice address = ipc_get_text(args, PEER_ADDRESS_MAX - 1);
	struct slice local = ipc_get_text(args, PEER_ADDRESS_MAX - 1);
	struct slice name = ipc_get_text(args, PEER_NAME_MAX - 1);
	uint32_t port = ipc_get_u32(args), local_port = ipc_get_u32(args);
	struct peer peer = { .is_pipe = address.len == 0 };

	*login = ipc_get_text(args, ACCOUNT_NAME_MAX);
	if (!ipc_reader_done(args) || port > PORT_MAX || local_port > PORT_MAX)
		return false;
	if ((address.len && !peer_set_address(&peer, address)) ||
	    (local.len && !peer_set_local(&peer, local)) ||
	    (name.len && !peer_set_name(&peer, name)))
		return false;
	peer.port = (uint16_t)port;
	peer.local_port = (uint16_t)local_port;
	*ret_peer = peer;
	return true;
}

/* ---- the keeper's side ---- */

/* One who will say whose connection it is is nobody until then. */
void
connection_open_rates(struct connection *c)
{
	c->keeper.rates = c->xclient ? rates_open_unnamed(&c->settings)
				     : rates_open(&c->settings, &c->peer);
}

/* Strangers are counted before the greeting, which tells one who comes too
 * often to come later; for the others the table is opened while the front
 * already greets. */
bool
connection_is_open_to_all(const struct connection *c)
{
	return c->service->open_profile &&
	       strcmp(c->service->open_profile, c->profile) == 0;
}

void
connection_count(struct connection *c)
{
	if (!connection_is_open_to_all(c))
		return;
	connection_open_rates(c);
	c->turned_away = !rates_allow(c->keeper.rates, RATE_CONNECTION);
}

bool
connection_may_xclient(const struct connection *c, const struct peer *peer)
{
	return c->service->xclient &&
	       peer_in_networks(peer, c->settings.xclient_networks);
}

/* Somebody else from now on: in the log, to the rates, in what is asked of the
 * account service, and as to whether he may say XCLIENT. */
static void
take_peer(struct connection *c, const struct peer *peer)
{
	c->peer = *peer;
	c->xclient = connection_may_xclient(c, peer);
	log_info("for %s, port %u, says the proxy",
	    peer->is_pipe ? "a client without address" : peer->address,
	    peer->port);
}

int
handle_peer(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct connection *c = ctx;
	struct slice login;
	struct peer peer;

	(void)msg; /* its body is args */
	if (!get_peer(args, &peer, &login) || login.len || !c->proxied)
		return -EPROTO;
	take_peer(c, &peer);
	connection_count(c);
	c->keeper.state = KEEPER_STRANGER;
	return keeper_reply_result(c, REQUEST_PEER,
	    c->turned_away ? PEER_TOO_OFTEN : PEER_TAKEN, slice_from(""));
}

/* The user whom the proxy has let in; NULL when he is none of ours. */
static struct account_user *
find_login(struct connection *c, struct slice login)
{
	struct account_targets targets = { NULL, 0 };
	struct account_user *user = NULL;
	struct err err = { 0, "" };

	if (account_resolve(c->keeper.account, login, &targets, &err) ==
		ACCOUNT_FOUND &&
	    targets.count == 1 && targets.list[0].local &&
	    slice_is(login, targets.list[0].user.name) &&
	    service_user_is_usable(&c->settings, &targets.list[0].user)) {
		user = mem_alloc(sizeof *user);
		*user = targets.list[0].user;
		targets.list[0].user = (struct account_user){ 0 };
	}
	if (user == NULL)
		log_warning("XCLIENT: no login of %.*s%s%s", SLICE_FMT(login),
		    err.text[0] ? ": " : "", err.text);
	account_targets_release(&targets);
	return user;
}

int
handle_xclient(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct connection *c = ctx;
	struct account_user *user = NULL;
	struct slice login;
	struct peer peer;

	(void)msg; /* its body is args */
	if (!get_peer(args, &peer, &login) || !c->xclient ||
	    (login.len && connection_is_open_to_all(c)))
		return -EPROTO;
	if (login.len) {
		user = find_login(c, login);
		if (user == NULL)
			return keeper_reply_result(
			    c, REQUEST_XCLIENT, PEER_NO_LOGIN, slice_from(""));
	}
	take_peer(c, &peer);
	rates_name(c->keeper.rates, &c->peer);
	if (user) {
		c->keeper.user = user;
		c->keeper.state &= ~(uint32_t)KEEPER_STRANGER;
		c->keeper.state |= KEEPER_LOGGED_IN;
	}
	c->turned_away = connection_is_open_to_all(c) &&
			 !rates_allow(c->keeper.rates, RATE_CONNECTION);
	return keeper_reply_result(c, REQUEST_XCLIENT,
	    c->turned_away ? PEER_TOO_OFTEN : PEER_TAKEN, slice_from(""));
}

/* ---- the front's side ---- */

/* A proxy that hands its client's words on must not hand XCLIENT on: whether it
 * may be said is asked of the client that it has named. */
static void
learn(struct front *front, const struct peer *peer)
{
	front->learned = *peer;
	front->peer = &front->learned;
	front->xclient =
	    peer_in_networks(peer, front->settings->xclient_networks);
}

int
front_take_proxy(struct front *front)
{
	struct peer peer = *front->peer;
	STR_AUTO body = STR_INIT;
	struct err err = { 0, "" };
	int rc;

	rc = proxy_header_read(STDIN_FILENO, clock_deadline(PROXY_MS), &peer);
	if (rc < 0) {
		log_warning("no connection: the proxy %s sent no PROXY header "
			    "that makes sense: %s (setting proxy_networks)",
		    front->peer->address, strerror(-rc));
		return rc;
	}
	put_peer(&peer, slice_from(""), &body);
	rc = front_ask_result(front, REQUEST_PEER, str_slice(&body), &err);
	if (rc < 0)
		return rc;
	learn(front, &peer);
	front->turned_away = rc == PEER_TOO_OFTEN;
	return 0;
}

enum xclient_result
front_xclient(struct front *front, const struct peer *peer, struct slice login)
{
	STR_AUTO body = STR_INIT;
	struct err err = { 0, "" };
	int rc;

	put_peer(peer, login, &body);
	rc = front_ask_result(front, REQUEST_XCLIENT, str_slice(&body), &err);
	if (rc != PEER_TAKEN && rc != PEER_TOO_OFTEN)
		return rc < 0 ? XCLIENT_GONE : XCLIENT_NO_LOGIN;
	learn(front, peer);
	front->turned_away = rc == PEER_TOO_OFTEN;
	return XCLIENT_TAKEN;
}
