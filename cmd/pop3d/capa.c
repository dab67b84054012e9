#include "cmd/pop3d/capa.h"
#include "common/proto/sasl.h"

/* A line, and the bits of which one must be true. */
static const struct capability {
	unsigned when;
	const char *line;
} capabilities[] = {
	{ CAPA_STRANGER | CAPA_SESSION, "TOP\r\n" },
	{ CAPA_STRANGER | CAPA_SESSION, "UIDL\r\n" },
	{ CAPA_STRANGER | CAPA_SESSION, "RESP-CODES\r\n" },
	{ CAPA_STRANGER | CAPA_SESSION, "AUTH-RESP-CODE\r\n" },
	{ CAPA_STRANGER | CAPA_SESSION, "PIPELINING\r\n" },
	{ CAPA_STRANGER | CAPA_SESSION, "EXPIRE NEVER\r\n" },
	{ CAPA_STLS, "STLS\r\n" },
	{ CAPA_LOGIN, "USER\r\n" },
	{ CAPA_SESSION, "IMPLEMENTATION njiwa\r\n" },
};

static void
write_mechanisms(struct stream *client, unsigned offered)
{
	STR_AUTO list = STR_INIT;

	sasl_list(offered, " ", &list);
	stream_printf(client, "SASL%s\r\n", str_cstr(&list));
}

void
capa_write(struct stream *client, unsigned is, unsigned offered)
{
	size_t i;

	stream_puts(client, "+OK\r\n");
	for (i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
		if (capabilities[i].when & is)
			stream_puts(client, capabilities[i].line);
	if (is & CAPA_LOGIN)
		write_mechanisms(client, offered);
	stream_puts(client, ".\r\n");
}
