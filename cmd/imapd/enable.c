#include "cmd/imapd/commands.h"
#include "cmd/imapd/condstore.h"

/* RFC 9051 section 6.3.1; its names of mailboxes are in UTF-8 (appendix E). */
static void
enable_rev2(struct conn *conn)
{
	conn->rev2 = true;
	conn->utf8 = true;
}

/* RFC 7162 sections 3.1 and 3.2.3: QRESYNC is both. */
static void
enable_condstore(struct conn *conn)
{
	condstore_enable((struct imap *)conn);
}

static void
enable_qresync(struct conn *conn)
{
	condstore_enable((struct imap *)conn);
	((struct imap *)conn)->enabled |= ENABLED_QRESYNC;
}

/* RFC 9586 */
static void
enable_uidonly(struct conn *conn)
{
	((struct imap *)conn)->enabled |= ENABLED_UIDONLY;
}

/* RFC 9755 section 3. */
static void
enable_utf8(struct conn *conn)
{
	conn->utf8 = true;
	conn->utf8_accept = true;
}

/* What may be enabled, and what each switches on in the connection. */
static const struct extension {
	const char *name;
	void (*enable)(struct conn *conn);
} extensions[] = {
	{ "IMAP4rev2", enable_rev2 },
	{ "CONDSTORE", enable_condstore },
	{ "QRESYNC", enable_qresync },
	{ "UIDONLY", enable_uidonly },
	{ "UTF8=ACCEPT", enable_utf8 },
};

#define EXTENSIONS (sizeof extensions / sizeof extensions[0])

static const struct extension *
find(struct slice name)
{
	size_t i;

	for (i = 0; i < EXTENSIONS; i++)
		if (slice_is_nocase(name, extensions[i].name))
			return &extensions[i];
	return NULL;
}

/* The names asked for, each found as a bit of the mask; what is not known is
 * passed over (RFC 5161 section 3.1). */
static bool
parse(struct args *args, unsigned *ret_wanted)
{
	const struct extension *found;
	struct slice name;

	*ret_wanted = 0;
	do {
		if (!args_atom(args, &name))
			return false;
		found = find(name);
		if (found)
			*ret_wanted |= 1u << (found - extensions);
	} while (args_peek(args) == ' ' && args_space(args));
	return args_end(args);
}

void
cmd_enable(void *ctx, struct slice argument)
{
	struct conn *conn = ctx;
	struct args args;
	unsigned wanted;
	size_t i;

	conn_args(conn, argument, &args);
	if (!parse(&args, &wanted)) {
		conn_bad(conn, "ENABLE takes names of capabilities");
		return;
	}
	str_append_cstr(&conn->out, "* ENABLED");
	for (i = 0; i < EXTENSIONS; i++) {
		if (!(wanted >> i & 1))
			continue;
		extensions[i].enable(conn);
		str_appendf(&conn->out, " %s", extensions[i].name);
	}
	str_append_cstr(&conn->out, "\r\n");
}
