/* What a view remembers of each message and side file.
 * Has no functions. */
#ifndef NJIWA_STORE_VIEW_RECORD_H
#define NJIWA_STORE_VIEW_RECORD_H

#include <sys/types.h>
#include <time.h>
#include "common/store/mailbox.h"

enum record_state {
	RECORD_IN_NEW = 1 << 0,  /* its file is in new */
	RECORD_GONE = 1 << 1,    /* its file is gone; to be told */
	RECORD_CHANGED = 1 << 2, /* another one changed flags; to be told */
	RECORD_LEAVING = 1 << 3  /* the index has it gone, and is being read */
};

/* One message: 32 octets and its name. */
struct record {
	struct message message;
	uint32_t name;  /* offset in names */
	uint32_t state; /* RECORD_ bits */
};

/* A side file as it was when it was read. */
struct side_file {
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

/* What stat and reading told where the name does not, or lies. */
struct known_size {
	uint32_t uid;
	uint64_t size; /* octets of the file */
	uint64_t crlf; /* octets with CRLF */
};

/* A POP3 unique id of its own (the uidlist's P field). */
struct known_uidl {
	uint32_t uid;
	char *text; /* owned */
};

#endif
