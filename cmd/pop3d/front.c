#include "cmd/pop3d/capa.h"
#include "cmd/pop3d/front.h"
#include "cmd/pop3d/pop3.h"
#include "common/base/log.h"
#include "common/svc/front_sasl.h"

#define OK_BYE "+OK Bye\r\n"
#define ERR_ENDING "-ERR [SYS/TEMP] Shutting down\r\n"
#define OK_STLS "+OK Begin TLS negotiation now\r\n"

static command_handler capa, stls, quit;

#define ANY (POP3_STRANGER | POP3_NAMED)

/* clang-format off */
static const struct command table[] = {
	/* verb  allowed in  argument      flags                       handler */
	{ "CAPA", ANY,        ARG_NONE,     0,                          capa },
	{ "STLS", ANY,        ARG_NONE,     CMD_PLAIN_ONLY,             stls },
	{ "USER", ANY,        ARG_NEEDED,   CMD_NEEDS_TLS,              pop3_user },
	{ "PASS", POP3_NAMED, ARG_NEEDED,   CMD_NEEDS_TLS | CMD_SECRET | CMD_RAW,
	                                                                pop3_pass },
	{ "AUTH", ANY,        ARG_OPTIONAL, CMD_NEEDS_TLS | CMD_SECRET, pop3_auth },
	{ "QUIT", ANY,        ARG_NONE,     0,                          quit },
};
/* clang-format on */

static void
capa(void *ctx, struct slice argument)
{
	const struct pop3_front *pop3 = ctx;
	unsigned is = CAPA_STRANGER, offered = 0;

	(void)argument;
	if (pop3->front->tls_offered && !pop3->front->tls)
		is |= CAPA_STLS;
	if (front_may_login(pop3->front)) {
		is |= CAPA_LOGIN;
		offered = front_auth_offered(pop3->front);
	}
	capa_write(pop3->front->client, is, offered);
}

static void
stls(void *ctx, struct slice argument)
{
	struct pop3_front *pop3 = ctx;
	struct err err = { .code = 0 };

	(void)argument;
	if (front_starttls(pop3->front, slice_from(""), &err) < 0) {
		log_warning("STLS: %s", err.text);
		stream_printf(pop3->front->client,
		    "-ERR [SYS/TEMP] TLS is not available now, %s\r\n",
		    pop3->front->trace);
		return;
	}
	stream_puts(pop3->front->client, OK_STLS);
	pop3->talk.over = TALK_ENDED;
}

static void
quit(void *ctx, struct slice argument)
{
	struct pop3_front *pop3 = ctx;

	(void)argument;
	stream_puts(pop3->front->client, OK_BYE);
	pop3->talk.over = TALK_QUIT;
}

void
pop3_front(struct front *front)
{
	struct pop3_front pop3 = {
		.front = front,
		.name = STR_INIT,
		.talk = {
		    .client = front->client,
		    .table = table,
		    .count = sizeof table / sizeof table[0],
		    .ctx = &pop3,
		    .state = { .state = POP3_STRANGER,
			.tls = front->tls,
			.tls_wanted = !front_may_login(front) },
		    .errors_max = POP3_ERRORS_MAX,
		},
	};
	enum talk_end end;

	stream_set_deadline(front->client, front->login_ends);
	if (!front->resumed)
		stream_printf(front->client, "+OK %s POP3 ready\r\n",
		    front->settings->hostname);
	end = talk_run(&pop3.talk);
	if (front_is_ending(front))
		stream_puts(front->client, ERR_ENDING);
	if (end != TALK_ENDED)
		log_info("ended before login: %s", talk_end_text(end));
	str_release(&pop3.name);
}
