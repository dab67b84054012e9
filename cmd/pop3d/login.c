#include "cmd/pop3d/front.h"
#include "cmd/pop3d/pop3.h"
#include "common/base/log.h"
#include "common/proto/sasl.h"

#define OK_USER "+OK\r\n"
#define ERR_NAME_TOO_LONG "-ERR [AUTH] No such name\r\n"
#define ERR_DENIED "-ERR [AUTH] Wrong name or password\r\n"
#define ERR_TOO_MANY "-ERR [AUTH] Wrong name or password, too many tries\r\n"
#define ERR_SASL_BAD "-ERR Malformed response\r\n"
#define ERR_SASL_CANCELLED "-ERR Cancelled\r\n"
#define ERR_SASL_UNKNOWN "-ERR No such mechanism\r\n"

/* Looks the two up; with the right ones this process's part is over. */
static void
login(struct pop3_front *pop3, struct slice name, struct slice password)
{
	struct err err = { .code = 0 };

	switch (front_login(pop3->front, name, password, &err)) {
	case LOGIN_OK:
		front_become_session(pop3->front, slice_from(""));
	case LOGIN_DENIED:
		stream_puts(pop3->front->client, ERR_DENIED);
		break;
	case LOGIN_TEMPFAIL:
		stream_printf(pop3->front->client,
		    "-ERR [SYS/TEMP] No login at the moment, %s\r\n",
		    pop3->front->trace);
		break;
	case LOGIN_TOO_MANY:
		stream_puts(pop3->front->client, ERR_TOO_MANY);
		pop3->talk.over = TALK_ENDED;
		break;
	}
	pop3->talk.state.state = POP3_STRANGER;
}

void
pop3_user(void *ctx, struct slice argument)
{
	struct pop3_front *pop3 = ctx;

	if (argument.len > ACCOUNT_NAME_MAX) {
		stream_puts(pop3->front->client, ERR_NAME_TOO_LONG);
		return;
	}
	str_set(&pop3->name, argument);
	pop3->talk.state.state = POP3_NAMED;
	stream_puts(pop3->front->client, OK_USER);
}

void
pop3_pass(void *ctx, struct slice argument)
{
	struct pop3_front *pop3 = ctx;

	login(pop3, str_slice(&pop3->name), argument);
}

/* AUTH alone lists the mechanisms, as clients from before CAPA expect. */
static void
list_mechanisms(struct stream *client)
{
	STR_AUTO list = STR_INIT;

	sasl_list("\r\n", &list);
	stream_printf(client, "+OK%s\r\n.\r\n", str_cstr(&list));
}

/* Sends the challenge and feeds the answer. */
static enum sasl_result
next_response(struct pop3_front *pop3, struct sasl *sasl)
{
	struct stream *client = pop3->front->client;
	struct slice line;
	int r;

	stream_printf(client, "+ %s\r\n", sasl_challenge(sasl));
	r = stream_read_line(client, SASL_LINE_MAX + 2, &line);
	if (r > 0) {
		if (line.len && line.ptr[line.len - 1] == '\n')
			line.len--;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		return sasl_feed(sasl, line);
	}
	/* the end of file or the error is what the next read gives again */
	return SASL_BAD;
}

static void
refuse(struct pop3_front *pop3, enum sasl_result result)
{
	static const char *const replies[] = {
		[SASL_BAD] = ERR_SASL_BAD,
		[SASL_REFUSED] = ERR_DENIED,
		[SASL_CANCELLED] = ERR_SASL_CANCELLED,
		[SASL_UNKNOWN] = ERR_SASL_UNKNOWN,
	};

	stream_puts(pop3->front->client, replies[result]);
	if (++pop3->talk.errors >= pop3->talk.errors_max)
		pop3->talk.over = TALK_ERRORS;
}

void
pop3_auth(void *ctx, struct slice argument)
{
	struct pop3_front *pop3 = ctx;
	struct sasl sasl = SASL_INIT;
	enum sasl_result result;

	if (argument.len == 0) {
		list_mechanisms(pop3->front->client);
		return;
	}
	result = sasl_start(&sasl, argument);
	while (result == SASL_CONTINUE)
		result = next_response(pop3, &sasl);
	if (result == SASL_CREDENTIALS)
		login(pop3, str_slice(&sasl.user), str_slice(&sasl.password));
	else
		refuse(pop3, result);
	sasl_release(&sasl);
}
