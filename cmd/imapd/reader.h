/* Reads whole commands off the client: lines, and the literals that they name,
 * with limits on both.  What is refused is read past, so that no octet of it
 * can be taken for a command.  Never looks at what a command says. */
#ifndef NJIWA_CMD_IMAPD_READER_H
#define NJIWA_CMD_IMAPD_READER_H

#include "cmd/imapd/parse.h"
#include "common/net/stream.h"

#define READER_UNASKED_MAX 4096 /* octets; RFC 7888 section 5 */

struct reader_limits {
	size_t line;      /* octets of a command's lines, all together */
	size_t literal;   /* octets of its literals, all together */
	uint64_t skip;    /* octets of a refused literal that are read past */
	uint64_t unasked; /* octets of one that comes without being asked for
			   * (LITERAL-, RFC 7888); 0: as others */
};

/* Shall the literal that text ends in stay on the line, for a handler that
 * takes it piece by piece?  (APPEND) */
typedef bool reader_streams(void *ctx, struct slice text);

struct reader {
	struct stream *client;
	struct reader_limits limits;
	reader_streams *streams; /* may be NULL */
	void *ctx;
	int64_t deadline;   /* of the command that is awaited (clock.h) */
	struct str text;    /* the command so far, line ends but the last */
	size_t line_octets; /* of text, how much is lines */
	size_t literal_octets;
	struct literal literal; /* announced by the last line */
	bool has_literal;
	const char *code;    /* why the command is refused: response code, */
	const char *refusal; /* and text; NULL when it is not */
};

enum reader_event {
	READER_COMMAND,  /* a whole command is in text */
	READER_LITERAL,  /* text ends in a literal that is still on the line */
	READER_REFUSED,  /* code and refusal say why; text has its beginning */
	READER_HOPELESS, /* the same, and no way to find its end */
	READER_TIMEOUT,
	READER_END /* the client is gone */
};

/* Fills reader; released with reader_release. */
void reader_init(struct reader *reader, struct stream *client,
    const struct reader_limits *limits);
void reader_release(struct reader *reader);

/* Reads the next command; forgets the one before. */
enum reader_event reader_next(struct reader *reader);

/* After READER_LITERAL: asks for the literal ("+ OK") when the client waits to
 * be asked.  Then reader_piece gives its octets, borrowed until the next call,
 * at most *left of them, which is counted down: 1, or 0 when the client is
 * gone or timeout passes without an octet. */
void reader_invite(struct reader *reader);
int reader_piece(struct reader *reader, int64_t timeout, uint64_t *left,
    struct slice *ret_piece);

/* After a literal was taken by reader_piece: reads what follows it into text,
 * up to the command's end, or up to another literal, which stays on the line
 * too (READER_LITERAL). */
enum reader_event reader_rest(struct reader *reader);

/* After READER_LITERAL, when the literal is not wanted: reads past what the
 * client sends of it anyway.  False when that is too much. */
bool reader_skip_rest(struct reader *reader);

/* A line that is no command (IDLE's DONE, a SASL response), without its line
 * end, into text; READER_COMMAND, READER_REFUSED when it is longer than max,
 * READER_TIMEOUT, READER_END. */
enum reader_event reader_plain_line(struct reader *reader, size_t max);

/* Gives memory back while nothing is being read. */
void reader_shrink(struct reader *reader);

#endif
