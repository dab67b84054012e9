#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/net/dns_message.h"

/* A try waits twice as long as the one before; all of them and the time after
 * the last one make the limit: 1/8, 2/8 and 5/8 of it. */
#define FIRST_TRY_PART 8
#define ASIDE_MAX 64 /* datagrams at one look, lest somebody keeps us busy */

struct dns_query {
	struct dns_query *next;
	struct dns_question question;
	struct dns_answer answer;
	int tries;
	int server;       /* whom the last try went to */
	unsigned asked;   /* bits of the servers that may answer by UDP */
	size_t aliases;   /* names that were asked for instead */
	int64_t next_try; /* clock_ms */
	int tcp;          /* -1: by UDP */
	bool sent;        /* by TCP: the question is out */
	struct str in;    /* by TCP: what has come, its length in front */
};

struct dns {
	dns_open *get_fds;
	void *ctx;
	int64_t timeout;
	int fds[DNS_SERVERS_MAX];
	int servers; /* of fds, 0 before the first question */
	size_t batches, count;
	struct dns_query *queries;
};

struct dns *
dns_new(dns_open *get_fds, void *ctx, int64_t timeout)
{
	struct dns *dns = mem_zalloc(1, sizeof *dns);

	dns->get_fds = get_fds;
	dns->ctx = ctx;
	dns->timeout = timeout;
	return dns;
}

static void
close_ports(struct dns *dns)
{
	while (dns->servers > 0)
		fileio_close(&dns->fds[--dns->servers]);
}

static void
free_query(struct dns_query *q)
{
	fileio_close(&q->tcp);
	str_release(&q->in);
	dns_answer_release(&q->answer);
	free(q);
}

void
dns_free(struct dns *dns)
{
	if (dns == NULL)
		return;
	while (dns->queries)
		dns_drop(dns, dns->queries);
	close_ports(dns);
	free(dns);
}

const struct dns_answer *
dns_answer_of(const struct dns_query *query)
{
	return &query->answer;
}

void
dns_drop(struct dns *dns, struct dns_query *query)
{
	struct dns_query **at;

	if (query == NULL)
		return; /* and perhaps nobody was ever asked */
	at = &dns->queries;
	while (*at && *at != query)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = query->next;
	dns->count--;
	free_query(query);
}

static bool
is_pending(const struct dns_query *q)
{
	return q->answer.status == DNS_PENDING;
}

static bool
any_pending(const struct dns *dns)
{
	const struct dns_query *q;

	for (q = dns->queries; q; q = q->next)
		if (is_pending(q))
			return true;
	return false;
}

static void
finish(struct dns_query *q, enum dns_status status)
{
	fileio_close(&q->tcp);
	str_release(&q->in);
	q->answer.status = status;
}

/* Fresh ports when nothing is under way: an answer to an earlier question has
 * nowhere to go, and whoever guesses ports must begin anew. */
static void
open_ports(struct dns *dns)
{
	if (any_pending(dns) ||
	    (dns->servers > 0 && dns->batches >= DNS_BATCHES_MAX))
		return;
	close_ports(dns);
	if (dns->batches++ < DNS_BATCHES_MAX)
		dns->servers = dns->get_fds(dns->ctx, -1, dns->fds);
	if (dns->servers < 0)
		dns->servers = 0;
}

/* An id that nobody can guess, and letters in any case: what a forged answer
 * must know, beside the port. */
static bool
disguise(struct dns_question *question)
{
	unsigned char chance[2 + DNS_NAME_MAX / 8 + 1];
	size_t i;

	if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
		return false;
	memcpy(&question->id, chance, sizeof question->id);
	for (i = 0; question->name[i]; i++) {
		char *c = &question->name[i];

		if ((*c | 0x20) < 'a' || (*c | 0x20) > 'z')
			continue;
		*c = (char)(*c | 0x20);
		if (chance[2 + i / 8] >> (i % 8) & 1)
			*c = (char)(*c & ~0x20);
	}
	return true;
}

static void
send_try(struct dns *dns, struct dns_query *q)
{
	STR_AUTO message = STR_INIT;
	ssize_t n;

	q->server = q->tries % dns->servers;
	q->asked |= 1U << q->server;
	q->next_try =
	    clock_deadline((dns->timeout / FIRST_TRY_PART) << q->tries);
	q->tries++;
	(void)dns_message_ask(&q->question, &message); /* it is valid */
	n = send(dns->fds[q->server], message.ptr, message.len,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		q->next_try = CLOCK_PAST; /* nobody is there: the next one */
}

/* Goes on with the next server; without more tries it has failed. */
static void
try_again(struct dns *dns, struct dns_query *q)
{
	fileio_close(&q->tcp);
	str_clear(&q->in);
	q->sent = q->question.by_name = false;
	if (q->tries >= DNS_TRIES_MAX || dns->servers == 0)
		finish(q, DNS_FAILED);
	else
		send_try(dns, q);
}

/* A name to ask for, as if nothing had been asked before. */
static void
begin(struct dns *dns, struct dns_query *q, struct slice name)
{
	if (name.len && name.ptr[name.len - 1] == '.')
		name.len--;
	memcpy(q->question.name, name.ptr, name.len);
	q->question.name[name.len] = '\0';
	q->question.edns = true;
	q->tries = 0;
	q->asked = 0;
	if (disguise(&q->question))
		try_again(dns, q);
	else
		finish(q, DNS_FAILED);
}

struct dns_query *
dns_ask(struct dns *dns, struct slice name, enum dns_type type)
{
	struct dns_query *q = mem_zalloc(1, sizeof *q);

	open_ports(dns);
	q->tcp = -1;
	q->question.type = type;
	q->next = dns->queries;
	dns->queries = q;
	if (!dns_name_valid(name))
		finish(q, DNS_NO_NAME);
	else if (dns->count >= DNS_QUERIES_MAX)
		finish(q, DNS_FAILED);
	else
		begin(dns, q, name);
	dns->count++;
	return q;
}

/* ---- TCP: for what is too long for UDP, or was not quite right ---- */

static void
open_tcp(struct dns *dns, struct dns_query *q)
{
	int fds[DNS_SERVERS_MAX] = { -1, -1, -1 };

	if (q->tcp >= 0)
		return;
	if (dns->batches++ < DNS_BATCHES_MAX &&
	    dns->get_fds(dns->ctx, q->server, fds) == 1) {
		q->tcp = fds[0];
		q->sent = false;
		q->question.by_name = true;
		q->next_try = clock_deadline(dns->timeout);
	} else {
		try_again(dns, q);
	}
}

static void
tcp_send(struct dns *dns, struct dns_query *q)
{
	STR_AUTO message = STR_INIT;
	ssize_t n;

	str_append_mem(&message, "\0\0", 2);
	(void)dns_message_ask(&q->question, &message); /* it is valid */
	message.ptr[0] = (char)((message.len - 2) >> 8);
	message.ptr[1] = (char)((message.len - 2) & 0xff);
	n = send(q->tcp, message.ptr, message.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == (ssize_t)message.len)
		q->sent = true;
	else if (n >= 0 || errno != EAGAIN)
		try_again(dns, q); /* a fresh connection takes it whole */
}

static void take(struct dns *dns, struct dns_query *q, struct slice message);

static void
tcp_receive(struct dns *dns, struct dns_query *q)
{
	unsigned char *in;
	ssize_t n;
	size_t len;

	str_reserve(&q->in, DNS_MESSAGE_MAX + 2);
	n = recv(q->tcp, q->in.ptr + q->in.len, DNS_MESSAGE_MAX + 2 - q->in.len,
	    MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		try_again(dns, q);
		return;
	}
	q->in.len += (size_t)n;
	in = (unsigned char *)q->in.ptr;
	len = q->in.len < 2 ? 0 : (size_t)in[0] << 8 | in[1];
	if (q->in.len < 2 || q->in.len - 2 < len)
		return;
	take(dns, q, slice_of(q->in.ptr + 2, len));
	if (is_pending(q) && q->tcp >= 0)
		try_again(dns, q); /* that was no answer to us */
}

/* ---- answers ---- */

static void
follow_alias(struct dns *dns, struct dns_query *q, const char *name)
{
	if (++q->aliases > DNS_ALIASES_MAX)
		finish(q, DNS_FAILED);
	else
		begin(dns, q, slice_from(name));
}

static void
take(struct dns *dns, struct dns_query *q, struct slice message)
{
	char next[DNS_NAME_MAX + 1];

	switch (dns_message_read(&q->question, message, &q->answer, next)) {
	case DNS_READ_OTHER:
		break;
	case DNS_READ_CASE:
	case DNS_READ_CUT:
		open_tcp(dns, q);
		break;
	case DNS_READ_PLAIN:
		q->question.edns = false;
		try_again(dns, q);
		break;
	case DNS_READ_BAD:
		try_again(dns, q);
		break;
	case DNS_READ_ALIAS:
		follow_alias(dns, q, next);
		break;
	case DNS_READ_ANSWER:
		finish(q, q->answer.status);
		break;
	}
}

static void
take_datagram(struct dns *dns, int server, struct slice message)
{
	struct dns_query *q;
	uint16_t id;

	if (message.len < sizeof id)
		return;
	id = (uint16_t)((unsigned char)message.ptr[0] << 8 |
			(unsigned char)message.ptr[1]);
	for (q = dns->queries; q; q = q->next)
		if (is_pending(q) && q->tcp < 0 && q->question.id == id &&
		    (q->asked >> server & 1))
			take(dns, q, message);
}

/* The server is not there: whoever waits for it goes on. */
static void
give_up_server(struct dns *dns, int server)
{
	struct dns_query *q;

	for (q = dns->queries; q; q = q->next)
		if (is_pending(q) && q->tcp < 0 && q->server == server)
			try_again(dns, q);
}

static void
receive(struct dns *dns, int server)
{
	char octets[DNS_UDP_MAX];
	int i;

	for (i = 0; i < ASIDE_MAX; i++) {
		ssize_t n = recv(dns->fds[server], octets, sizeof octets,
		    MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			give_up_server(dns, server);
		else if ((size_t)n <= sizeof octets)
			take_datagram(dns, server, slice_of(octets, (size_t)n));
	}
}

void
dns_poll(struct dns *dns)
{
	struct dns_query *q;
	int i;

	for (i = 0; i < dns->servers && any_pending(dns); i++)
		receive(dns, i);
	for (q = dns->queries; q; q = q->next) {
		if (!is_pending(q))
			continue;
		if (q->tcp >= 0 && !q->sent)
			tcp_send(dns, q);
		else if (q->tcp >= 0)
			tcp_receive(dns, q);
		else if (clock_ms() >= q->next_try && q->tries < DNS_TRIES_MAX)
			send_try(dns, q);
		else if (q->next_try == CLOCK_PAST)
			finish(q, DNS_FAILED);
	}
}

/* ---- waiting ---- */

/* Is there something to be done about it at next_try? */
static bool
has_more_tries(const struct dns_query *q)
{
	return is_pending(q) && q->tcp < 0 &&
	       (q->tries < DNS_TRIES_MAX || q->next_try == CLOCK_PAST);
}

/* When something must be done though nothing comes. */
static int64_t
next_event(const struct dns *dns, int64_t deadline)
{
	const struct dns_query *q;

	for (q = dns->queries; q; q = q->next)
		if (has_more_tries(q) && q->next_try < deadline)
			deadline = q->next_try;
	return deadline;
}

static void
wait_for_any(const struct dns *dns, int64_t deadline)
{
	struct pollfd p[DNS_SERVERS_MAX + DNS_QUERIES_MAX];
	const struct dns_query *q;
	nfds_t n = 0;
	int i;

	for (i = 0; i < dns->servers; i++)
		p[n++] = (struct pollfd){ dns->fds[i], POLLIN, 0 };
	for (q = dns->queries; q; q = q->next)
		if (is_pending(q) && q->tcp >= 0)
			p[n++] = (struct pollfd){ q->tcp,
				q->sent ? POLLIN : POLLOUT, 0 };
	/* whatever it says, the caller looks at all of them */
	(void)poll(p, n, clock_left(next_event(dns, deadline)));
}

void
dns_wait(struct dns *dns, int64_t deadline)
{
	struct dns_query *q;

	for (;;) {
		dns_poll(dns);
		if (!any_pending(dns) || clock_ms() >= deadline)
			break;
		wait_for_any(dns, deadline);
	}
	for (q = dns->queries; q; q = q->next)
		if (is_pending(q))
			finish(q, DNS_TIMEOUT);
}
