/* Confinement: Landlock for the file system and the network, seccomp for the
 * system calls.  Two functions; what a role may do is in mkfilter.c and in the
 * paths that its caller names.  There is no way back. */
#ifndef NJIWA_SVC_SANDBOX_H
#define NJIWA_SVC_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include "common/base/err.h"

/* Whose system calls.  Each role's filter is built from mkfilter.c's rows. */
enum sandbox_role {
	SANDBOX_FRONT,   /* reads and writes what it has; the signer's too */
	SANDBOX_KEEPER,  /* files, sockets, children; no exec */
	SANDBOX_SESSION, /* files alone */
	SANDBOX_ACCOUNTD /* files, sockets, many clients */
};

enum sandbox_access {
	SANDBOX_READ, /* read files and folders below the path */
	SANDBOX_WRITE /* all of that, and change them */
};

struct sandbox_path {
	const char *path; /* "" or one that is not there is left out */
	enum sandbox_access access;
};

#define SANDBOX_PORTS_MAX 16

struct sandbox {
	enum sandbox_role role;
	const struct sandbox_path *paths;
	size_t npaths;
	uint16_t connect[SANDBOX_PORTS_MAX]; /* TCP ports it may connect to */
};

enum sandbox_mode { SANDBOX_OFF, SANDBOX_ON, SANDBOX_REQUIRE };

/* The mode that the setting's word says; SANDBOX_ON for an unknown one. */
enum sandbox_mode sandbox_mode_of(const char *word);

/*
 * Confines this process and its later children.  0; 1 when Landlock or
 * seccomp is not to be had and the mode is not REQUIRE, with err saying what is
 * lacking; -errno with err filled otherwise.
 */
int sandbox_enter(
    const struct sandbox *box, enum sandbox_mode mode, struct err *err);

/* What of both is not to be had here, as a sentence for the log; NULL when both
 * are. */
const char *sandbox_lacks(void);

/* Keeps of root's capabilities those that files of several owners need; does
 * nothing where there are none. */
void sandbox_drop_capabilities(void);

/*
 * What every process of njiwa does first: not dumpable, no core file, no new
 * privileges, SIGPIPE ignored, and descriptors 0 to 2 open, so that no file is
 * ever taken for the client.
 */
void sandbox_harden(void);

#endif
