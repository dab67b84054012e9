#include "common/svc/check/ask.h"
#include "common/base/clock.h"
#include "common/base/ipc.h"

#define HASH_START 0xcbf29ce484222325ULL /* FNV-1a */
#define HASH_PRIME 0x100000001b3ULL
#define KEPT_TEXT_MAX 900

struct dns_query *
check_ask(struct checks *c, struct slice name, enum dns_type type)
{
	if (c->dns == NULL)
		c->dns = dns_new(c->host.open_dns, c->host.ctx,
		    c->about.settings->dns_timeout);
	return dns_ask(c->dns, name, type);
}

void
check_wait(struct checks *c)
{
	if (c->deadline == 0)
		c->deadline = clock_deadline(c->about.settings->dns_timeout);
	if (c->dns)
		dns_wait(c->dns, c->deadline);
}

/* ---- what is kept about an address ---- */

static bool
is_kept(const struct checks *c, size_t i)
{
	return checks_table[i]->dns &&
	       checks_table[i]->stage == CHECK_CONNECT &&
	       check_is_asked_for(checks_table[i], c->about.settings);
}

static uint64_t
hash_text(uint64_t value, const char *text)
{
	do
		value = (value ^ (unsigned char)*text) * HASH_PRIME;
	while (*text++);
	return value;
}

/* A finding is good as long as the settings that it was made by. */
static uint64_t
hash_settings(const struct settings *set)
{
	uint64_t value = hash_text(HASH_START, set->dnsbl);

	value = hash_text(value, set->check_reverse_dns);
	return hash_text(value, set->dnsbl_text ? "y" : "n");
}

static void
put_finding(const struct check_finding *f, struct str *out)
{
	ipc_put_u32(out, f->result);
	ipc_put_u32(out, f->action);
	ipc_put_u32(out, (uint32_t)f->score);
	ipc_put_text(out, str_slice(&f->reason));
	ipc_put_text(out, str_slice(&f->properties));
}

static bool
is_printable(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
			return false;
	return true;
}

/* Of a field of the header: printable, and where other results follow, those of
 * lists: nobody keeps "dkim=pass" for the next connection. */
static bool
is_safe(struct slice text)
{
	struct slice result;
	size_t n;

	for (n = 0; slice_next(&text, ';', &result); n++) {
		if (n && !slice_starts(result, "\n\tdnswl=") &&
		    !slice_starts(result, "\n\tx-dnsbl="))
			return false;
		if (!is_printable(slice_skip(result, n ? 2 : 0)))
			return false;
	}
	return true;
}

/* Another front wrote this about the same client: nothing is taken that could
 * not have been found. */
static bool
get_finding(struct ipc_reader *in, struct check_finding *f)
{
	uint32_t result = ipc_get_u32(in), action = ipc_get_u32(in);
	int score = (int)ipc_get_u32(in);
	struct slice reason = ipc_get_text(in, KEPT_TEXT_MAX);
	struct slice properties = ipc_get_text(in, KEPT_TEXT_MAX);

	if (in->bad || result > CHECK_FAIL || action > CHECK_REJECT ||
	    score > CHECK_SCORE_MAX || score < -CHECK_SCORE_MAX ||
	    !is_safe(properties))
		return false;
	f->result = (enum check_result)result;
	f->action = (enum check_action)action;
	f->score = score;
	str_set(&f->reason, reason);
	str_set(&f->properties, properties);
	f->judged = f->recalled = true;
	return true;
}

static void
recall_from(struct checks *c, struct slice kept)
{
	struct ipc_reader in = { kept, false };
	size_t i;

	if (ipc_get_u64(&in) != hash_settings(c->about.settings))
		return;
	for (i = 0; i < checks_count; i++)
		if (is_kept(c, i) && !get_finding(&in, &c->findings[i]))
			return;
}

static bool
keeps_any(const struct checks *c)
{
	size_t i;

	for (i = 0; i < checks_count; i++)
		if (is_kept(c, i))
			return c->about.settings->dns_cache_time > 0;
	return false;
}

void
check_recall(struct checks *c)
{
	STR_AUTO kept = STR_INIT;

	if (c->host.recall == NULL || !keeps_any(c))
		return;
	c->host.recall(c->host.ctx, &kept);
	recall_from(c, str_slice(&kept));
}

void
check_remember(struct checks *c)
{
	STR_AUTO kept = STR_INIT;
	uint32_t ttl = UINT32_MAX;
	size_t i;

	if (c->remembered || c->host.remember == NULL || !keeps_any(c))
		return;
	c->remembered = true;
	ipc_put_u64(&kept, hash_settings(c->about.settings));
	for (i = 0; i < checks_count; i++) {
		const struct check_finding *f = &c->findings[i];

		if (!is_kept(c, i))
			continue;
		if (f->recalled || f->ttl == 0)
			return; /* is there, or is not to be */
		ttl = f->ttl < ttl ? f->ttl : ttl;
		put_finding(f, &kept);
	}
	if (kept.len <= CHECK_KEPT_MAX)
		c->host.remember(c->host.ctx, ttl, str_slice(&kept));
}
