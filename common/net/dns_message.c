#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include "common/net/dns_message.h"

#define HEADER_SIZE 12
#define CLASS_IN 1
#define TYPE_CNAME 5
#define TYPE_SOA 6
#define TTL_MAX 0x7fffffffU /* RFC 2181 section 8: more is 0 */
#define SOA_NUMBERS 20      /* octets behind its two names */

/* Bits of the header's second word, and its result codes. */
enum {
	FLAG_QR = 0x8000,
	FLAG_OPCODE = 0x7800,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	RCODE = 0x000f,
	RCODE_OK = 0,
	RCODE_FORMAT = 1,
	RCODE_NO_NAME = 3,
	RCODE_NOT_IMPLEMENTED = 4
};

/* Does not follow a pointer and does not go beyond the end: then bad. */
struct cursor {
	const unsigned char *start, *p, *end;
	bool bad;
};

struct rr {
	char owner[NS_MAXDNAME];
	unsigned type, class;
	uint32_t ttl;
	struct cursor data; /* start is the message's: names are packed */
};

void
dns_answer_release(struct dns_answer *answer)
{
	size_t i;

	for (i = 0; i < answer->count; i++)
		str_release(&answer->records[i].data);
	*answer = (struct dns_answer){ .status = DNS_PENDING };
}

static void
put_u16(struct str *out, unsigned value)
{
	str_append_char(out, (char)(value >> 8));
	str_append_char(out, (char)(value & 0xff));
}

static void
put_name(struct slice name, struct str *out)
{
	struct slice label;

	while (slice_next(&name, '.', &label) && label.len) {
		str_append_char(out, (char)label.len);
		str_append(out, label);
	}
	str_append_char(out, '\0');
}

bool
dns_message_ask(const struct dns_question *question, struct str *out)
{
	struct slice name = slice_from(question->name);

	if (!dns_name_valid(name))
		return false;
	put_u16(out, question->id);
	put_u16(out, FLAG_RD);
	put_u16(out, 1); /* one question, no answers, no authority */
	put_u16(out, 0);
	put_u16(out, 0);
	put_u16(out, question->edns);
	put_name(name, out);
	put_u16(out, question->type);
	put_u16(out, CLASS_IN);
	if (!question->edns)
		return true;
	str_append_char(out, '\0'); /* OPT (RFC 6891 section 6.1.2): the root */
	put_u16(out, ns_t_opt);
	put_u16(out, DNS_UDP_MAX);
	put_u16(out, 0);
	put_u16(out, 0);
	put_u16(out, 0);
	return true;
}

static unsigned
get_u16(struct cursor *c)
{
	unsigned value;

	if (c->bad || c->end - c->p < 2) {
		c->bad = true;
		return 0;
	}
	value = (unsigned)c->p[0] << 8 | c->p[1];
	c->p += 2;
	return value;
}

static uint32_t
get_u32(struct cursor *c)
{
	uint32_t high = get_u16(c);

	return high << 16 | get_u16(c);
}

/* The next name, unpacked; "" for the root.  limit is the message's end. */
static void
get_name(struct cursor *c, const unsigned char *limit, char name[NS_MAXDNAME])
{
	int n =
	    c->bad ? -1 : dn_expand(c->start, limit, c->p, name, NS_MAXDNAME);

	if (n < 0 || n > c->end - c->p) {
		c->bad = true;
		name[0] = '\0';
		return;
	}
	c->p += n;
}

/* The next record; false at the end of what can be read. */
static bool
get_rr(struct cursor *c, struct rr *rr)
{
	size_t len;

	get_name(c, c->end, rr->owner);
	rr->type = get_u16(c);
	rr->class = get_u16(c);
	rr->ttl = get_u32(c);
	len = get_u16(c);
	if (c->bad || len > (size_t)(c->end - c->p)) {
		c->bad = true;
		return false;
	}
	if (rr->ttl > TTL_MAX)
		rr->ttl = 0;
	rr->data = (struct cursor){ c->start, c->p, c->p + len, false };
	c->p += len;
	return true;
}

/* What is being read. */
struct reading {
	const struct dns_question *question;
	struct cursor answers; /* at the first record */
	unsigned flags, nanswers, nauthority;
	const unsigned char *end;
	struct dns_answer *answer;
	uint32_t ttl;
};

static bool
same_name(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* A TXT's strings, one behind the other. */
static bool
get_strings(struct cursor *c, struct str *out)
{
	while (c->p < c->end) {
		size_t len = *c->p++;

		if (len > (size_t)(c->end - c->p))
			return false;
		str_append_mem(out, c->p, len);
		c->p += len;
	}
	return true;
}

static bool
get_host(struct cursor *c, const unsigned char *limit, struct str *out)
{
	char name[NS_MAXDNAME];

	get_name(c, limit, name);
	if (c->bad || c->p != c->end)
		return false;
	str_append_cstr(out, name);
	return true;
}

static bool
get_data(struct rr *rr, const unsigned char *limit, struct dns_record *record)
{
	struct cursor *c = &rr->data;

	switch ((enum dns_type)rr->type) {
	case DNS_A:
	case DNS_AAAA:
		if (c->end - c->p != (rr->type == DNS_A ? 4 : 16))
			return false;
		str_append_mem(&record->data, c->p, (size_t)(c->end - c->p));
		return true;
	case DNS_MX:
		record->preference = (uint16_t)get_u16(c);
		return get_host(c, limit, &record->data);
	case DNS_PTR:
		return get_host(c, limit, &record->data);
	case DNS_TXT:
		return get_strings(c, &record->data);
	}
	return false;
}

/* Adds the record; false when its data are malformed. */
static bool
add_record(struct reading *r, struct rr *rr)
{
	struct dns_answer *answer = r->answer;
	struct dns_record *record = &answer->records[answer->count];

	if (answer->count == DNS_RECORDS_MAX)
		return true;
	*record = (struct dns_record){ 0, STR_INIT };
	answer->count++; /* released with the answer, whatever is in it */
	return get_data(rr, r->end, record);
}

static void
take_ttl(struct reading *r, uint32_t ttl)
{
	if (ttl < r->ttl)
		r->ttl = ttl;
}

/* Takes what the answers say about one name: its records, or its alias into
 * next.  False when the message is malformed. */
static bool
take_name(struct reading *r, const char *name, char next[NS_MAXDNAME])
{
	struct cursor c = r->answers;
	unsigned i;

	next[0] = '\0';
	for (i = 0; i < r->nanswers; i++) {
		struct rr rr;

		if (!get_rr(&c, &rr))
			return false;
		if (rr.class != CLASS_IN || !same_name(rr.owner, name))
			continue;
		if (rr.type == r->question->type && !add_record(r, &rr))
			return false;
		if (rr.type == TYPE_CNAME)
			get_name(&rr.data, r->end, next);
		if (rr.data.bad)
			return false;
		if (rr.type == r->question->type || rr.type == TYPE_CNAME)
			take_ttl(r, rr.ttl);
	}
	return true;
}

/* Is there a SOA behind the answers?  Then its time is that of a "no". */
static bool
take_soa(struct reading *r)
{
	struct cursor c = r->answers;
	struct rr rr;
	unsigned i;

	for (i = 0; i < r->nanswers + r->nauthority; i++) {
		if (!get_rr(&c, &rr))
			return false;
		if (i < r->nanswers || rr.type != TYPE_SOA ||
		    rr.data.end - rr.data.p < SOA_NUMBERS)
			continue;
		rr.data.p = rr.data.end - 4; /* MINIMUM */
		take_ttl(r, rr.ttl);
		take_ttl(r, get_u32(&rr.data));
		return true;
	}
	return false;
}

static enum dns_reading
finish(struct reading *r, enum dns_status status)
{
	r->answer->status = status;
	r->answer->ttl = r->ttl == UINT32_MAX ? 0 : r->ttl;
	return DNS_READ_ANSWER;
}

/* Nothing was found under name, which is not the one asked for when alias. */
static enum dns_reading
take_nothing(struct reading *r, const char *name, bool alias, char *out_next)
{
	bool soa = take_soa(r);

	if (!soa)
		r->ttl = 0; /* RFC 2308 section 5: not to be kept */
	if ((r->flags & RCODE) == RCODE_NO_NAME)
		return finish(r, DNS_NO_NAME);
	if (soa || !alias)
		return finish(r, DNS_NO_DATA);
	if (!dns_name_valid(slice_from(name)))
		return finish(r, DNS_NO_NAME);
	memcpy(out_next, name, strlen(name) + 1); /* valid: it fits */
	return DNS_READ_ALIAS;
}

/* From the name that was asked for to its records, along the aliases. */
static enum dns_reading
take_answers(struct reading *r, char *out_next)
{
	char name[NS_MAXDNAME], next[NS_MAXDNAME];
	size_t hops;

	memcpy(name, r->question->name, sizeof r->question->name);
	for (hops = 0; hops <= DNS_ALIASES_MAX; hops++) {
		if (!take_name(r, name, next))
			return DNS_READ_BAD;
		if (r->answer->count)
			return finish(r, DNS_FOUND);
		if (next[0] == '\0')
			return take_nothing(r, name, hops > 0, out_next);
		memcpy(name, next, sizeof name);
	}
	return finish(r, DNS_FAILED); /* they lead nowhere */
}

/* Is this our question?  Its name is compared without the final dot. */
static enum dns_reading
compare_question(struct cursor *c, const struct dns_question *question)
{
	char name[NS_MAXDNAME];
	unsigned type, class;

	get_name(c, c->end, name);
	type = get_u16(c);
	class = get_u16(c);
	if (c->bad || type != question->type || class != CLASS_IN ||
	    !same_name(name, question->name))
		return DNS_READ_OTHER;
	if (!question->by_name && strcmp(name, question->name) != 0)
		return DNS_READ_CASE;
	return DNS_READ_ANSWER;
}

/* What the header alone decides. */
static enum dns_reading
judge_flags(const struct dns_question *question, unsigned flags)
{
	unsigned rcode = flags & RCODE;

	if ((flags & FLAG_TC) && !question->by_name)
		return DNS_READ_CUT;
	if (question->edns &&
	    (rcode == RCODE_FORMAT || rcode == RCODE_NOT_IMPLEMENTED))
		return DNS_READ_PLAIN;
	return rcode == RCODE_OK || rcode == RCODE_NO_NAME ? DNS_READ_ANSWER
							   : DNS_READ_BAD;
}

enum dns_reading
dns_message_read(const struct dns_question *question, struct slice message,
    struct dns_answer *answer, char *next)
{
	const unsigned char *start = (const unsigned char *)message.ptr;
	struct cursor c = { start, start, start + message.len, false };
	struct reading r = { .question = question,
		.end = c.end,
		.answer = answer,
		.ttl = UINT32_MAX };
	unsigned id = get_u16(&c), questions;
	enum dns_reading what;

	r.flags = get_u16(&c);
	questions = get_u16(&c);
	r.nanswers = get_u16(&c);
	r.nauthority = get_u16(&c);
	(void)get_u16(&c); /* what else there is does not matter */
	if (c.bad || id != question->id || !(r.flags & FLAG_QR) ||
	    (r.flags & FLAG_OPCODE) || questions != 1)
		return DNS_READ_OTHER;
	what = compare_question(&c, question);
	if (what == DNS_READ_ANSWER)
		what = judge_flags(question, r.flags);
	if (what == DNS_READ_ANSWER && r.nanswers + r.nauthority > DNS_RRS_MAX)
		what = DNS_READ_BAD;
	r.answers = c;
	if (what == DNS_READ_ANSWER)
		what = take_answers(&r, next);
	if (what != DNS_READ_ANSWER)
		dns_answer_release(answer);
	return what;
}
