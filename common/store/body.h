/* A message file as the protocols want it: every line ended by CRLF, whatever
 * the file has, with random access by those offsets.  Never changes the file.
 */
#ifndef NJIWA_STORE_BODY_H
#define NJIWA_STORE_BODY_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define BODY_SMALL 65536 /* octets up to which a file is read, not mapped */

/* An open message; embedded by its user; zeroed it is none. */
struct body {
	const char *text; /* the file, or all of it with CRLF */
	size_t size;      /* octets of text */
	uint64_t
	    header; /* octets of the header, its empty line included, CRLF */
	uint64_t total;     /* octets of all, CRLF */
	uint64_t file_size; /* octets of the file */
	size_t header_text; /* octets of the header in text */
	size_t seek_text;   /* a place reached before, and */
	uint64_t seek_crlf; /* its offset with CRLF, for sequential reads */
	size_t mapped;      /* octets to unmap */
	struct str memory;  /* where small files are read and converted */
};

/* Opens the file behind fd, which is closed; 0 or -errno.  A large one is
 * mapped; that it shrinks meanwhile ends the process by SIGBUS only in theory:
 * Maildir files are never written twice. */
int body_open(int fd, struct body *ret_body, struct err *err);

/* The same for one message after another: body is zeroed or was opened before,
 * and its memory is used again.  said is the size that the file's name gives
 * (0: none), which saves asking for it and is proved by reading. */
int body_open_next(int fd, uint64_t said, struct body *body, struct err *err);
void body_release(struct body *body);

/* Makes a body of text that lies in memory and stays the caller's (no
 * body_release). */
void body_set(struct body *body, struct slice text);

/* The octets of text when every line ends with CRLF. */
uint64_t body_crlf_size(struct slice text);

/*
 * Writes count octets from the CRLF offset on (fewer at the end) by calling
 * put with pieces of the file and of line ends; false from put stops it.
 */
typedef bool body_put(void *ctx, struct slice piece);
void body_write(struct body *body, uint64_t offset, uint64_t count,
    body_put *put, void *ctx);

/* All of it, and the header with its empty line, with LF or CRLF. */
struct slice body_text(const struct body *body);
struct slice body_header(const struct body *body);

#endif
