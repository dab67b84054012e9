#include "cmd/pop3d/front.h"
#include "cmd/pop3d/pop3.h"
#include "common/base/log.h"
#include "common/proto/sasl.h"
#include "common/svc/front_sasl.h"

#define OK_USER "+OK\r\n"
#define ERR_NAME_TOO_LONG "-ERR [AUTH] No such name\r\n"
#define ERR_DENIED "-ERR [AUTH] Wrong name or password\r\n"
#define ERR_TOO_MANY "-ERR [AUTH] Wrong name or password, too many tries\r\n"
/* RFC 3206 */
#define ERR_DISABLED "-ERR [SYS/PERM] This account is disabled\r\n"
#define ERR_SASL_BAD "-ERR Malformed response\r\n"
#define ERR_SASL_CANCELLED "-ERR Cancelled\r\n"
#define ERR_SASL_UNKNOWN "-ERR No such mechanism\r\n"

/* Ends this process's part when the user is in; else tells why not. */
static void
conclude(struct pop3_front *pop3, enum front_auth result)
{
	static const char *const replies[] = {
		[AUTH_DENIED] = ERR_DENIED,
		[AUTH_TOO_MANY] = ERR_TOO_MANY,
		[AUTH_DISABLED] = ERR_DISABLED,
		[AUTH_BAD] = ERR_SASL_BAD,
		[AUTH_CANCELLED] = ERR_SASL_CANCELLED,
		[AUTH_NO_MECHANISM] = ERR_SASL_UNKNOWN,
		[AUTH_TOLD] = ERR_SASL_BAD,
	};

	if (result == AUTH_OK)
		front_become_session(pop3->front, slice_from(""));
	if (result == AUTH_TEMPFAIL)
		stream_printf(pop3->front->client,
		    "-ERR [SYS/TEMP] No login at the moment, %s\r\n",
		    pop3->front->trace);
	else
		stream_puts(pop3->front->client, replies[result]);
	pop3->talk.state.state = POP3_STRANGER;
	if (result == AUTH_TOO_MANY)
		pop3->talk.over = TALK_ENDED;
	else if (result >= AUTH_BAD &&
		 ++pop3->talk.errors >= pop3->talk.errors_max)
		pop3->talk.over = TALK_ERRORS;
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
	struct err err = { .code = 0 };

	conclude(pop3, front_auth_password(pop3->front, str_slice(&pop3->name),
			   argument, &err));
}

/* AUTH alone lists the mechanisms, as clients from before CAPA expect. */
static void
list_mechanisms(const struct front *front)
{
	STR_AUTO list = STR_INIT;

	sasl_list(front_auth_offered(front), "\r\n", &list);
	stream_printf(front->client, "+OK%s\r\n.\r\n", str_cstr(&list));
}

/* The end of file or an error is what the next read gives again. */
static bool
ask(void *ctx, const char *challenge, struct slice *ret_line)
{
	struct pop3_front *pop3 = ctx;
	struct stream *client = pop3->front->client;
	struct slice line;

	stream_printf(client, "+ %s\r\n", challenge);
	if (stream_read_line(client, SASL_LINE_MAX + 2, &line) <= 0)
		return false;
	if (line.len && line.ptr[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	*ret_line = line;
	return true;
}

void
pop3_auth(void *ctx, struct slice argument)
{
	struct pop3_front *pop3 = ctx;
	const struct front_auth_lines lines = { ask, pop3 };
	struct err err = { .code = 0 };

	if (argument.len == 0)
		list_mechanisms(pop3->front);
	else
		conclude(pop3, front_authenticate(
				   pop3->front, argument, &lines, NULL, &err));
}
