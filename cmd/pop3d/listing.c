#include "cmd/pop3d/session.h"
#include "common/store/mailbox_message.h"

#define LISTING_FAILED "The maildrop cannot be listed"
#define END_OF_LIST ".\r\n"

/* Appends the line of one message: "number what CRLF"; 0 or -errno. */
typedef int line_writer(struct pop3_session *pop3, uint32_t number,
    struct str *out, struct err *err);

static int
write_size(struct pop3_session *pop3, uint32_t number, struct str *out,
    struct err *err)
{
	uint64_t size = 0;
	int r = maildrop_size(&pop3->drop, number, &size, err);

	if (r == 0)
		str_appendf(
		    out, "%u %llu\r\n", number, (unsigned long long)size);
	return r;
}

static int
write_uidl(struct pop3_session *pop3, uint32_t number, struct str *out,
    struct err *err)
{
	(void)err;
	str_appendf(out, "%u ", number);
	mailbox_message_uidl(pop3->drop.inbox, number, out);
	str_append_cstr(out, "\r\n");
	return 0;
}

/* The line of the one message that argument names. */
static void
list_one(struct pop3_session *pop3, struct slice argument, line_writer *line)
{
	STR_AUTO text = STR_INIT;
	struct err err = { .code = 0 };
	uint32_t number = pop3_message(pop3, argument);

	if (number == 0)
		return;
	if (line(pop3, number, &text, &err) < 0) {
		pop3_failed(pop3, LISTING_FAILED, &err);
		return;
	}
	stream_puts(pop3->session->client, "+OK ");
	stream_write(pop3->session->client, str_slice(&text));
}

/* The lines of all that are not deleted. */
static void
list_all(struct pop3_session *pop3, line_writer *line)
{
	STR_AUTO text = STR_INIT;
	struct err err = { .code = 0 };
	uint32_t i;

	for (i = 1; i <= pop3->drop.count; i++) {
		if (!maildrop_has(&pop3->drop, i))
			continue;
		if (line(pop3, i, &text, &err) < 0) {
			pop3_failed(pop3, LISTING_FAILED, &err);
			return;
		}
	}
	stream_puts(pop3->session->client, "+OK\r\n");
	stream_write(pop3->session->client, str_slice(&text));
	stream_puts(pop3->session->client, END_OF_LIST);
}

static void
list(struct pop3_session *pop3, struct slice argument, line_writer *line)
{
	if (argument.len)
		list_one(pop3, argument, line);
	else
		list_all(pop3, line);
}

void
pop3_stat(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;
	struct err err = { .code = 0 };
	uint32_t count;
	uint64_t octets;

	(void)argument;
	if (maildrop_total(&pop3->drop, &count, &octets, &err) < 0)
		pop3_failed(pop3, LISTING_FAILED, &err);
	else
		stream_printf(pop3->session->client, "+OK %u %llu\r\n", count,
		    (unsigned long long)octets);
}

void
pop3_list(void *ctx, struct slice argument)
{
	list(ctx, argument, write_size);
}

void
pop3_uidl(void *ctx, struct slice argument)
{
	list(ctx, argument, write_uidl);
}
