/* The loop over a client's command lines, the same before and after login.
 * Never runs a verb that its table does not allow. */
#ifndef NJIWA_CMD_POP3D_TALK_H
#define NJIWA_CMD_POP3D_TALK_H

#include "common/net/stream.h"
#include "common/proto/command.h"

/* How a conversation ended. */
enum talk_end {
	TALK_GOES_ON,
	TALK_QUIT,    /* as the client wished */
	TALK_ENDED,   /* a verb said so: STLS, too many logins */
	TALK_CLOSED,  /* the client is gone */
	TALK_TIMEOUT, /* nothing came in time */
	TALK_ERRORS   /* too many bad commands */
};

struct talk {
	struct stream *client;
	const struct command *table;
	size_t count;
	void *ctx;                  /* the verbs' */
	struct command_state state; /* the verbs may change it */
	unsigned errors, errors_max;
	/* Called when a line has to be waited for; may do so.  May be NULL. */
	void (*rest)(void *ctx);
	int64_t idle_ms;    /* wait for a line; 0: the stream has a deadline */
	enum talk_end over; /* the verbs set it to end the conversation */
};

/* Reads and runs lines until something ends the conversation. */
enum talk_end talk_run(struct talk *talk);

/* Runs one line without its line end. */
void talk_line(struct talk *talk, struct slice line);

/* One word for the log. */
const char *talk_end_text(enum talk_end end);

#endif
