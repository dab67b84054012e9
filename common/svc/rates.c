#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/net/network.h"
#include "common/svc/rates.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define SHARED_MIN                                                             \
	20 /* connections of a day before a half of them says much             \
	    */
#define NETWORK_FAILURES 4 /* of a network count as one of an address */
#define DOUBLINGS_MAX 20

/* What is counted for a key, and for how long. */
enum { COUNT_FAILURES = RATES, COUNT_TODAY };

static const int64_t periods[] = {
	[RATE_CONNECTION] = MINUTE,
	[RATE_MESSAGE] = HOUR,
	[RATE_UNKNOWN] = HOUR,
	[COUNT_FAILURES] = HOUR,
	[COUNT_TODAY] = DAY,
};

static const char *const names[RATES] = {
	[RATE_CONNECTION] = "connections in a minute",
	[RATE_MESSAGE] = "messages in an hour",
	[RATE_UNKNOWN] = "unknown recipients in an hour",
};

enum { MARK_GOOD_LOGIN, MARK_TOLD };

enum { KIND_ADDRESS = 1, KIND_NETWORK, KIND_ALL };

struct rates {
	const struct settings *settings;
	const char *peer;
	struct tally *table;
	struct tally_entry address, network, all;
	bool is_private, is_gateway;
	bool counted; /* the peer is known, and one who is counted */
};

/* ---- keys ---- */

/* An address of IPv6 is its /64: each customer has all of that. */
static bool
key_of(const char *address, bool network, struct tally_key *ret_key)
{
	struct network of;

	if (!network_of(address, network ? 24 : 32, network ? 48 : 64, &of))
		return false;
	memcpy(ret_key->octets, of.octets, sizeof ret_key->octets);
	ret_key->bits = (uint8_t)of.bits;
	ret_key->kind = network ? KIND_NETWORK : KIND_ADDRESS;
	return true;
}

bool
rates_key(const char *text, bool network, struct tally_key *ret_key)
{
	size_t slash = slice_find(slice_from(text), '/');
	char *address = mem_strndup(text, slash);
	struct tally_key key = { { 0 }, 0, 0 };
	bool v6 = strchr(text, ':') != NULL, ok;
	uint64_t bits = 0;

	if (text[slash])
		(void)num_parse(slice_from(text + slash + 1), 128, &bits);
	network |= text[slash] && bits == (v6 ? 48 : 24);
	ok = key_of(address, network, &key) &&
	     (text[slash] == '\0' || network || (v6 && bits == 64));
	free(address);
	if (ok)
		*ret_key = key;
	return ok;
}

/* ---- the table ---- */

static void
configure(const struct settings *settings, struct str *path,
    struct tally_config *ret_config)
{
	str_appendf(path, "%s/tally", settings->runtime_dir);
	*ret_config = (struct tally_config){
		.path = str_cstr(path),
		.slots = (size_t)settings->rate_slots,
		.owner = settings->mail_uid < 0 ? 0 : (uid_t)settings->mail_uid,
		.group = settings->mail_gid < 0 ? 0 : (gid_t)settings->mail_gid,
		.keep = RATES_SPARED,
		.create = true,
	};
}

int
rates_table(
    const struct settings *settings, struct tally **ret_table, struct err *err)
{
	STR_AUTO path = STR_INIT;
	struct tally_config config;

	configure(settings, &path, &config);
	config.create = false;
	return tally_open(&config, ret_table, err);
}

static int64_t
limit_of(const struct settings *s, enum rate what, bool network)
{
	switch (what) {
	case RATE_CONNECTION:
		return network ? s->rate_connections_network
			       : s->rate_connections;
	case RATE_MESSAGE:
		return network ? s->rate_messages_network : s->rate_messages;
	case RATE_UNKNOWN:
		return network ? s->rate_unknown_network : s->rate_unknown;
	}
	return 0;
}

static bool
is_wanted(const struct settings *settings)
{
	bool wanted = settings->login_delay_max > 0;
	int what;

	for (what = 0; what < RATES; what++)
		wanted |= limit_of(settings, (enum rate)what, false) > 0 ||
			  limit_of(settings, (enum rate)what, true) > 0;
	return wanted;
}

bool
rates_apply_to(const struct settings *settings, const struct peer *peer)
{
	return !peer->is_pipe &&
	       (settings->check_loopback || !peer_is_loopback(peer)) &&
	       !peer_in_networks(peer, settings->trusted_networks);
}

static struct tally *
open_table(const struct settings *settings)
{
	STR_AUTO path = STR_INIT;
	struct tally_config config;
	struct tally *table = NULL;
	struct err err = { 0, "" };

	configure(settings, &path, &config);
	if (tally_open(&config, &table, &err) < 0)
		log_warning("no rates are kept: %s", err.text);
	return table;
}

/* The gateway's own address, for whom all of IPv6's bits count. */
static bool
is_gateway(const char *address)
{
	struct network of;

	return network_of(address, 32, 128, &of) && network_is_gateway(&of);
}

struct rates *
rates_open_unnamed(const struct settings *settings)
{
	struct tally *table = is_wanted(settings) ? open_table(settings) : NULL;
	struct rates *r;

	if (table == NULL)
		return NULL;
	r = mem_zalloc(1, sizeof *r);
	r->settings = settings;
	r->table = table;
	return r;
}

/* The peer's places, made where make says so. */
static void
find(struct rates *r, const struct peer *peer, bool make)
{
	const struct tally_key all = { .kind = KIND_ALL };
	struct tally_key address = { { 0 }, 0, 0 }, network = address;
	struct network of;

	r->counted = rates_apply_to(r->settings, peer) &&
		     key_of(peer->address, false, &address) &&
		     key_of(peer->address, true, &network);
	if (!r->counted)
		return;
	r->peer = peer->address;
	r->address = tally_find(r->table, &address, make);
	r->network = tally_find(r->table, &network, make);
	r->all = tally_find(r->table, &all, make);
	r->is_private =
	    network_of(peer->address, 32, 128, &of) && network_is_private(&of);
	r->is_gateway = r->is_private && is_gateway(peer->address);
}

void
rates_name(struct rates *r, const struct peer *peer)
{
	if (r == NULL)
		return;
	find(r, peer, true);
	if (!r->counted)
		return;
	(void)tally_add(r->address, COUNT_TODAY, DAY, 0); /* no limits */
	(void)tally_add(r->all, COUNT_TODAY, DAY, 0);
}

struct rates *
rates_open(const struct settings *settings, const struct peer *peer)
{
	struct rates *r = rates_apply_to(settings, peer)
			      ? rates_open_unnamed(settings)
			      : NULL;

	rates_name(r, peer);
	if (r && !r->counted) {
		rates_close(r);
		r = NULL;
	}
	return r;
}

/* Is there nobody to be counted? */
static bool
is_nobody(const struct rates *r)
{
	return r == NULL || !r->counted;
}

void
rates_close(struct rates *rates)
{
	if (rates == NULL)
		return;
	tally_close(rates->table);
	free(rates);
}

/* ---- who is spared ---- */

/* Do most connections come from this address, which is nobody's on the
 * internet?  Of another that would be said of whoever floods us. */
static bool
is_shared_by_all(const struct rates *r)
{
	uint32_t all = tally_count(r->all, COUNT_TODAY, DAY);
	uint32_t own = tally_count(r->address, COUNT_TODAY, DAY);

	return r->is_private && all >= SHARED_MIN && own > all / 2;
}

/* Why this address must not be locked out; NULL: it may be. */
static const char *
why_spared(const struct rates *r)
{
	if (tally_marked(r->address, MARK_GOOD_LOGIN, RATES_SPARED))
		return "somebody has logged in from there lately";
	if (r->is_gateway)
		return "it is this machine's gateway, behind which the clients "
		       "are whose own addresses do not come through";
	if (is_shared_by_all(r))
		return "most clients seem to come from this one address, so it "
		       "is not theirs: the real ones do not come through";
	return NULL;
}

/* It is over a limit: is that to be held against it? */
static bool
is_spared(const struct rates *r, enum rate what)
{
	const char *why = why_spared(r);

	if (why && tally_mark_once(r->address, MARK_TOLD, DAY))
		log_warning("%s has too many %s and is let in all the same: %s",
		    r->peer, names[what], why);
	return why != NULL;
}

/* ---- counting ---- */

static bool
add(const struct rates *r, enum rate what, bool network)
{
	struct tally_entry entry = network ? r->network : r->address;

	return tally_add(entry, what, periods[what],
	    (uint32_t)limit_of(r->settings, what, network));
}

static bool
is_full(const struct rates *r, enum rate what, bool network)
{
	struct tally_entry entry = network ? r->network : r->address;
	int64_t limit = limit_of(r->settings, what, network);

	return limit && tally_count(entry, what, periods[what]) >= limit;
}

static bool
refuse(const struct rates *r, enum rate what, bool network)
{
	if (is_spared(r, what))
		return false;
	log_info("too many %s of %s%s", names[what], r->peer,
	    network ? " and its network" : "");
	return true;
}

bool
rates_have_room(struct rates *rates, enum rate what)
{
	bool address = !is_nobody(rates) && is_full(rates, what, false);

	if (!address && (is_nobody(rates) || !is_full(rates, what, true)))
		return true;
	return !refuse(rates, what, !address);
}

bool
rates_allow(struct rates *rates, enum rate what)
{
	bool address = is_nobody(rates) || add(rates, what, false);

	if (is_nobody(rates) || (address && add(rates, what, true)))
		return true;
	return !refuse(rates, what, address);
}

/* ---- logins ---- */

void
rates_login(struct rates *rates, bool good)
{
	if (is_nobody(rates))
		return;
	if (good) {
		tally_mark(rates->address, MARK_GOOD_LOGIN);
		tally_mark(rates->network, MARK_GOOD_LOGIN);
		return;
	}
	(void)tally_add(rates->address, COUNT_FAILURES, HOUR, 0); /* no limit */
	(void)tally_add(rates->network, COUNT_FAILURES, HOUR, 0);
}

int64_t
rates_login_delay(struct rates *rates)
{
	uint32_t failures, of_network;
	int64_t ms;

	if (is_nobody(rates) ||
	    tally_marked(rates->network, MARK_GOOD_LOGIN, RATES_SPARED))
		return 0;
	failures = tally_count(rates->address, COUNT_FAILURES, HOUR);
	of_network = tally_count(rates->network, COUNT_FAILURES, HOUR) /
		     NETWORK_FAILURES;
	if (of_network > failures)
		failures = of_network;
	if (failures == 0 || rates->is_gateway)
		return 0;
	if (failures > DOUBLINGS_MAX)
		failures = DOUBLINGS_MAX;
	ms = rates->settings->login_delay << (failures - 1);
	return ms < rates->settings->login_delay_max
		   ? ms
		   : rates->settings->login_delay_max;
}

/* ---- for the tool ---- */

bool
rates_would_refuse(const struct settings *settings, struct tally *table,
    const struct peer *peer, enum rate what)
{
	struct rates r = { .settings = settings, .table = table };

	find(&r, peer, false);
	return r.counted &&
	       (is_full(&r, what, false) || is_full(&r, what, true)) &&
	       why_spared(&r) == NULL;
}

bool
rates_read(const struct tally_key *key, struct tally_entry entry,
    struct rates_line *line)
{
	struct network of;
	int what;

	if (key->kind != KIND_ADDRESS && key->kind != KIND_NETWORK)
		return false;
	memcpy(of.octets, key->octets, sizeof of.octets);
	of.bits = key->bits;
	network_print(&of, &line->name);
	for (what = 0; what < RATES; what++)
		line->counts[what] =
		    tally_count(entry, (unsigned)what, periods[what]);
	line->failures = tally_count(entry, COUNT_FAILURES, HOUR);
	line->today = tally_count(entry, COUNT_TODAY, DAY);
	line->spared = tally_marked(entry, MARK_GOOD_LOGIN, RATES_SPARED);
	return true;
}
