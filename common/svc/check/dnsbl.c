/* Is the client's address in lists of bad ones, or of good ones (RFC 5782)? */
#include <stdlib.h>

#include "common/svc/check/ask.h"
#include "common/svc/check/dnsbl_list.h"
#include "common/svc/check/rows.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define TEXT_MAX 200 /* octets of a list's own words */

struct dnsbl {
	struct dnsbl_list lists[DNSBL_LISTS_MAX];
	struct dns_query *queries[DNSBL_LISTS_MAX]; /* NULL: as one before */
	size_t count;
	struct dns_query *text;
};

static bool
is_on(const struct settings *settings)
{
	return settings->dnsbl[0] != '\0';
}

/* The answer about a list, which may stand in the setting several times, with
 * different filters. */
static struct dns_query *
query_of(const struct dnsbl *state, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (slice_equal_nocase(
			state->lists[k].zone, state->lists[i].zone))
			return query_of(state, k);
	return state->queries[i];
}

static struct dns_query *
ask_list(struct checks *c, const struct dnsbl_list *list, enum dns_type type)
{
	STR_AUTO name = STR_INIT;

	/* an address that is none has no such query: begin saw to it */
	(void)dns_name_in_zone(c->about.peer->address, list->zone, &name);
	return check_ask(c, str_slice(&name), type);
}

static void
begin(struct checks *c, struct check_finding *f)
{
	struct slice rest = slice_from(c->about.settings->dnsbl);
	struct dnsbl *state;
	struct dnsbl_list list;
	int rc;

	if (c->about.peer->address[0] == '\0' || check_is_private(c))
		return;
	state = mem_zalloc(1, sizeof *state);
	f->state = state;
	while ((rc = dnsbl_list_next(&rest, &list)) != 0) {
		size_t i = state->count;

		if (rc < 0 || i == DNSBL_LISTS_MAX) {
			log_error("setting dnsbl: %.*s is %s",
			    SLICE_FMT(list.zone),
			    rc < 0 ? "no list" : "one too many");
			continue;
		}
		state->lists[i] = list;
		state->count++;
		if (query_of(state, i) == NULL)
			state->queries[i] = ask_list(c, &list, DNS_A);
	}
}

/* The address by which the list says "listed", NULL when it does not. */
static const unsigned char *
listed_as(const struct dnsbl_list *list, const struct dns_answer *answer)
{
	size_t i;

	for (i = 0; i < answer->count; i++) {
		const struct str *data = &answer->records[i].data;
		const unsigned char *address = (const unsigned char *)data->ptr;

		if (data->len == 4 && dnsbl_list_matches(list, address))
			return address;
	}
	return NULL;
}

/* A list that complains is as good as none, until somebody reads the log. */
static void
log_complaint(const struct dnsbl_list *list, const struct dns_answer *answer)
{
	size_t i;

	for (i = 0; i < answer->count; i++) {
		const unsigned char *a =
		    (const unsigned char *)answer->records[i].data.ptr;

		if (answer->records[i].data.len != 4 || !dnsbl_is_complaint(a))
			continue;
		log_warning("%.*s answers %u.%u.%u.%u, which is no listing but "
			    "a complaint: it counts for nothing",
		    SLICE_FMT(list->zone), a[0], a[1], a[2], a[3]);
		return;
	}
}

static void
put_listed(struct check_finding *f, const struct dnsbl_list *list,
    const unsigned char *a)
{
	bool good = list->score < 0;

	if (f->properties.len || good)
		str_appendf(&f->properties, ";\n\t%s",
		    good ? "dnswl=pass " : "x-dnsbl=fail ");
	str_appendf(&f->properties, "dns.zone=%.*s policy.ip=%u.%u.%u.%u",
	    SLICE_FMT(list->zone), a[0], a[1], a[2], a[3]);
}

/* Takes one list's word into the finding; true when it is unknown. */
static bool
take_list(struct check_finding *f, const struct dnsbl_list *list,
    const struct dns_answer *answer)
{
	const unsigned char *address = listed_as(list, answer);

	if (answer->status == DNS_FAILED || answer->status == DNS_TIMEOUT)
		return true;
	log_complaint(list, answer);
	f->ttl = answer->ttl < f->ttl ? answer->ttl : f->ttl;
	if (address == NULL)
		return false;
	f->score += list->score;
	if (list->score >= 0)
		f->result = CHECK_FAIL;
	put_listed(f, list, address);
	return false;
}

/* The list whose word weighs most; NULL: none says anything bad. */
static const struct dnsbl_list *
worst_list(const struct dnsbl *state)
{
	const struct dnsbl_list *worst = NULL;
	size_t i;

	for (i = 0; i < state->count; i++) {
		const struct dnsbl_list *list = &state->lists[i];

		if (list->score > 0 && (!worst || list->score > worst->score) &&
		    listed_as(list, dns_answer_of(query_of(state, i))))
			worst = list;
	}
	return worst;
}

/* Once all have answered, the worst one is asked for its words. */
static void
advance(struct checks *c, struct check_finding *f)
{
	struct dnsbl *state = f->state;
	const struct dnsbl_list *worst;
	size_t i;

	if (state->text || !c->about.settings->dnsbl_text)
		return;
	for (i = 0; i < state->count; i++)
		if (dns_answer_of(query_of(state, i))->status == DNS_PENDING)
			return;
	worst = worst_list(state);
	if (worst)
		state->text = ask_list(c, worst, DNS_TXT);
}

static void
put_reason(struct checks *c, struct check_finding *f)
{
	struct dnsbl *state = f->state;
	const struct dnsbl_list *list = worst_list(state);
	const struct dns_answer *answer;

	if (list == NULL)
		return;
	str_appendf(&f->reason, "%s is listed by %.*s", c->about.peer->address,
	    SLICE_FMT(list->zone));
	if (state->text == NULL)
		return;
	answer = dns_answer_of(state->text);
	if (answer->count)
		str_appendf(&f->reason, " (%.*s)",
		    SLICE_FMT(slice_head(
			str_slice(&answer->records[0].data), TEXT_MAX)));
}

static void
judge(struct checks *c, struct check_finding *f)
{
	struct dnsbl *state = f->state;
	size_t i, unknown = 0;

	if (state == NULL || state->count == 0)
		return;
	check_wait(c);
	advance(c, f);
	check_wait(c);
	f->result = CHECK_PASS;
	f->ttl = UINT32_MAX;
	for (i = 0; i < state->count; i++)
		unknown += take_list(
		    f, &state->lists[i], dns_answer_of(query_of(state, i)));
	if (unknown)
		f->ttl = 0;
	if (unknown == state->count)
		f->result = CHECK_TEMPERROR;
	put_reason(c, f);
}

static void
forget(struct checks *c, struct check_finding *f)
{
	struct dnsbl *state = f->state;
	size_t i;

	for (i = 0; i < state->count; i++)
		dns_drop(c->dns, state->queries[i]);
	dns_drop(c->dns, state->text);
	free(state);
}

const struct check check_dnsbl = {
	.name = "dnsbl",
	.stage = CHECK_CONNECT,
	.dns = true,
	.is_on = is_on,
	.begin = begin,
	.advance = advance,
	.judge = judge,
	.forget = forget,
};
