/* A stem: a program that has read its settings and loaded its libraries, and
 * forks for each connection that njiwa-init passes to it instead of being
 * started anew.  Its children are njiwa-init's own.  Never reads from a
 * client. */
#ifndef NJIWA_SVC_STEM_H
#define NJIWA_SVC_STEM_H

#include <sys/types.h>

#define STEM_FD 3 /* its end of the pair with njiwa-init, at its start */

/* What goes over the pair.  njiwa-init asks; each connection that it passes
 * gets one answer, of the child that serves it or of the stem. */
enum {
	STEM_READY = 1,  /* stem: warmed up; once, before all else */
	STEM_CONNECTION, /* njiwa-init: the socket, one descriptor */
	STEM_SERVED,     /* child: its pid; the connection is its own */
	STEM_STALE,      /* stem: what it was made of has changed */
	STEM_FAILED      /* stem: an errno; no child */
};

/*
 * Says that the stem is ready and serves: returns in each child, with its
 * connection as descriptors 0 and 1 and the pair closed.  In the stem it never
 * returns: the process ends when njiwa-init hangs up.  program is a file whose
 * change makes the stem stale, as do the files of its settings.
 */
void stem_serve(const char *program);

/*
 * A fork whose child is njiwa-init's, which hears of its end, counts it and
 * ends it as one that it has started itself; 0 in the child, the pid, or -1
 * with errno.  A robust mutex that the child holds is freed at its end, as any
 * other process's: the index's locks are such.  The handlers that libraries
 * have for a fork do not run: the child must use none that needs them.  GnuTLS,
 * whose random numbers begin anew after a fork(3), is used only by front and
 * signer, which are forked so.
 */
pid_t stem_fork_sibling(void);

#endif
