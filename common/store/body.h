/* A message file as the protocols want it: every line ended by CRLF, whatever
 * the file has, with random access by those offsets.  Never changes the file.
 */
#ifndef NJIWA_STORE_BODY_H
#define NJIWA_STORE_BODY_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/slice.h"

/* An open message; embedded by its user. */
struct body {
	const char *map; /* the file, mapped (NULL when it is empty) */
	size_t size;     /* octets of the file */
	uint64_t
	    header; /* octets of the header, its empty line included, CRLF */
	uint64_t total;     /* octets of all, CRLF */
	size_t header_file; /* octets of the header in the file */
	size_t seek_file;   /* a place reached before, and */
	uint64_t seek_crlf; /* its offset with CRLF, for sequential reads */
};

/* Maps the file behind fd, which is closed; 0 or -errno.  A file that shrinks
 * meanwhile ends the process by SIGBUS only in theory: Maildir files are never
 * written twice. */
int body_open(int fd, struct body *ret_body, struct err *err);
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

/* The header as it is in the file (LF or CRLF), its empty line included. */
struct slice body_header(const struct body *body);

#endif
