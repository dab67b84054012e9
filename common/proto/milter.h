/* A mail server's side of the milter protocol, versions 2 to 6, on a descriptor
 * that somebody else connected: says what the milter wants to hear, and no
 * more, and reads its answers.  Never connects and never changes a message. */
#ifndef NJIWA_PROTO_MILTER_H
#define NJIWA_PROTO_MILTER_H

#include "common/base/err.h"
#include "common/proto/milter_wire.h"

/* How long "still at work" may put an answer off, beyond its time; with all
 * the changes that come before the answer. */
#define MILTER_PROGRESS_MAX_MS (10 * 60 * 1000)

/* A conversation with one milter; embedded, its fields the module's own. */
struct milter {
	int fd;             /* the caller's */
	int guard;          /* whose hang-up ends it; 0 and below: nobody's */
	int64_t command_ms; /* time for an answer, but at a message's content */
	int64_t content_ms; /* and there, for each answer */
	int64_t progress_ms;              /* MILTER_PROGRESS_MAX_MS */
	uint32_t version, actions, steps; /* agreed upon */
	bool has_symbols[MILTER_STAGES];
	struct str symbols[MILTER_STAGES]; /* names it wants, by blanks */
	struct str out;                    /* said, not yet sent */
	struct str in;                     /* received */
	size_t taken;                      /* octets of in */
};

/* Begins with a connected descriptor; times are milliseconds. */
void milter_init(struct milter *m, int fd, int guard, int64_t command_ms,
    int64_t content_ms);
void milter_release(struct milter *m);

/* Agrees on the options, offering all that version 6 has.  0, or -errno with
 * err filled: -EPROTO for a milter that wants more or is none, -ETIMEDOUT. */
int milter_negotiate(struct milter *m, struct err *err);

/* Is it there and has it nothing to say, as it must be before each question? 0,
 * or -errno with err filled: -EPIPE when it has hung up; -EPROTO when it has
 * spoken: it cannot be believed any more, as its answers are not to what it is
 * asked (milter_quiet.c). */
int milter_quiet(const struct milter *m, struct err *err);

/* Does it want to hear this command? */
bool milter_wants(const struct milter *m, enum milter_command command);

/* Says the macros that go with the next command: name, NUL, value, NUL; again.
 * Nothing is sent before that. */
void milter_define(
    struct milter *m, enum milter_command command, struct slice pairs);

/*
 * Says a command but MILTER_EOM, with what belongs to it (milter_wire.h), and
 * reads the answer.  Of one that the milter does not want or does not answer
 * that is MILTER_CONTINUES.  0, or -errno with err filled: the conversation is
 * over, as also when it had answered before it was asked.  What *ret_said
 * points into is borrowed until the next call.
 */
int milter_say(struct milter *m, enum milter_command command,
    struct slice octets, struct milter_said *ret_said, struct err *err);

/* Takes a change of the message; 0, or -errno with err filled. */
typedef int milter_editor(
    void *ctx, const struct milter_edit *edit, struct err *err);

/* Says the end of the message; the editor gets each change, of the kinds that
 * were agreed upon, before the answer is known.  As milter_say; and an answer
 * with another one behind it is none. */
int milter_end(struct milter *m, milter_editor *editor, void *ctx,
    struct milter_said *ret_said, struct err *err);

/* Says that the message is not to be gone on with (MILTER_ABORT), or that this
 * was all (MILTER_QUIT).  Neither has an answer; a failure is found later. */
void milter_tell(struct milter *m, enum milter_command command);

#endif
