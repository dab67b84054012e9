/* An IMAP connection, before or after login: reads commands, finds their rows,
 * runs them, writes the tagged reply, counts mistakes.  Everything that all
 * commands have in common is here and nowhere else.
 * Never knows what a command does. */
#ifndef NJIWA_CMD_IMAPD_CONN_H
#define NJIWA_CMD_IMAPD_CONN_H

#include "cmd/imapd/reader.h"
#include "common/proto/command.h"

/* States (RFC 3501 section 3); bits of the rows. */
enum {
	ST_LOGIN = 1 << 0,    /* not authenticated */
	ST_NAMELESS = 1 << 1, /* authenticated, no mailbox selected */
	ST_SELECTED = 1 << 2,
	ST_IN = ST_NAMELESS | ST_SELECTED,
	ST_ANY = ST_LOGIN | ST_IN
};

/* Flags of the rows, beside those of command.h. */
enum {
	IMAP_NO_EXPUNGE = CMD_OWN << 0, /* untagged EXPUNGE must not be told
					 * with its reply */
	IMAP_STREAMS = CMD_OWN << 1,    /* takes its literal piece by piece */
	IMAP_WRITES = CMD_OWN << 2,     /* not in a mailbox opened by EXAMINE */
	IMAP_SYNCS = CMD_OWN << 3,      /* tells what changed, with its reply */
	IMAP_UID = CMD_OWN << 4,        /* the UID variant */
	IMAP_NUMBERS = CMD_OWN << 5,    /* takes or tells sequence numbers */
	IMAP_EXPUNGES = CMD_OWN << 6    /* removes messages of the selected
					 * mailbox */
};

enum reply_status { REPLY_OK, REPLY_NO, REPLY_BAD };

struct conn;

/* What differs before and after login. */
struct conn_class {
	const struct command *table;
	size_t rows;
	/* Called before each tagged reply; may be NULL. */
	void (*finish)(struct conn *conn);
	/* May the command not be run?  Then the reply is set.  May be NULL. */
	bool (*refuse)(struct conn *conn, const struct command *row);
	/* Called when the client has said nothing for a while. */
	void (*rest)(struct conn *conn);
	/* Waits until the client says something or deadline has come, and does
	 * what there is to do meanwhile; may be NULL. */
	void (*await)(struct conn *conn, int64_t deadline);
	/* For reader_streams, when the row is IMAP_STREAMS. */
	bool (*streams)(struct conn *conn, const struct command *row,
	    struct slice arguments);
};

/* The first member of each program's own state, so that a handler's ctx is
 * both. */
struct conn {
	const struct conn_class *class;
	struct stream *client;
	struct reader reader;
	struct str out;     /* responses on their way to the stream */
	struct str scratch; /* for args_init */
	struct str tag;
	const struct command *row; /* the command that runs */
	uint32_t state;
	bool tls;
	char separator; /* of mailbox names */
	bool utf8; /* ENABLE: strings and names of mailboxes are in UTF-8 */
	bool utf8_accept; /* that by UTF8=ACCEPT (RFC 9755) */
	bool rev2;        /* ENABLE: IMAP4rev2 is spoken (RFC 9051) */
	enum reply_status status;
	const char *code; /* response code of the reply, NULL for none */
	const char *text;
	struct str code_made; /* room for a code or a text that had to be */
	struct str text_made; /* made; both emptied before each command */
	unsigned errors;
	unsigned max_errors;
	int64_t timeout;    /* ms that a command may keep us waiting */
	int64_t deadline;   /* or this, when it is earlier */
	size_t since_alive; /* octets written since the deadline was moved */
	bool literal; /* the command ends in a literal that was not yet read:
		       * what a handler leaves is read past */
	/* Called once after the reply, when it is on its way; may be NULL. */
	void (*then)(struct conn *conn);
	bool over;
};

/* Fills conn; the caller then sets state, limits of mistakes and time.  All of
 * class, stream and limits stay the caller's. */
void conn_init(struct conn *conn, const struct conn_class *class,
    struct stream *client, const struct reader_limits *limits);
void conn_release(struct conn *conn);

/* Serves commands until the connection is over, and says BYE where that is
 * due. */
void conn_run(struct conn *conn);

/* The reply of the command that runs; without one it is "OK ... completed".
 * code may be NULL; both texts live at least until the handler returns. */
void conn_ok(struct conn *conn, const char *code, const char *text);
void conn_no(struct conn *conn, const char *code, const char *text);
void conn_bad(struct conn *conn, const char *text);
void conn_bad_code(struct conn *conn, const char *code, const char *text);

/* Writes the reply now, for a handler that never returns. */
void conn_reply(struct conn *conn);

/* "* BYE text": the connection is over after the command's reply. */
void conn_bye(struct conn *conn, const char *text);

/* Sends out on, all of it or when there is enough of it. */
void conn_flush(struct conn *conn);
void conn_drain(struct conn *conn);

/* Octets straight to the stream, behind what is in out; the client has
 * CONN_STALL from now to take them.  False when it is gone. */
bool conn_put(void *conn, struct slice octets);

/* How names of mailboxes are said to the client, and by him. */
struct name_style conn_names(const struct conn *conn);

/* Gives memory back while the client has nothing to say. */
void conn_shrink(struct conn *conn);

/* Begins the arguments of the command. */
void conn_args(struct conn *conn, struct slice argument, struct args *args);

#endif
