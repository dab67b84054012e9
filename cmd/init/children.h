/* The processes that njiwa-init has started and not yet reaped, and how many
 * of them serve the same network.  Never starts or waits for one. */
#ifndef NJIWA_CMD_INIT_CHILDREN_H
#define NJIWA_CMD_INIT_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* The network that counts as one peer: an IPv4 address, or an IPv6 /64. */
struct child_network {
	uint64_t bits;
	bool ipv4;
};

enum {
	CHILD_CONNECTION = 1 << 0, /* serves one connection */
	CHILD_SERVICE = 1 << 1,    /* has a listening socket of ours */
	CHILD_COMMAND = 1 << 2,    /* was started by a timer */
	CHILD_STEM = 1 << 3        /* forks for connections (stems.h) */
};

struct child {
	pid_t pid;
	unsigned kind;
	const char *name;             /* for the log */
	struct child_network network; /* of a connection */
	void *owner;                  /* of all others: who waits */
	int64_t started;              /* clock_ms */
};

/* Zeroed is empty. */
struct children {
	struct child *list;
	size_t count, cap;
};

void children_release(struct children *children);

/* Adds a copy of child. */
void children_add(struct children *children, const struct child *child);

/* Removes the one with this pid into *ret_child; false when it is not ours. */
bool children_take(
    struct children *children, pid_t pid, struct child *ret_child);

/* Forgets the owners of all of the kinds (bits). */
void children_disown(struct children *children, unsigned kinds);

/* How many of the kinds there are. */
size_t children_count(const struct children *children, unsigned kinds);

/* How many connections come from the network. */
size_t children_from(
    const struct children *children, const struct child_network *network);

/* Sends the signal to all of the kinds; how many of them we may not signal, as
 * they have become another user and we have no CAP_KILL. */
size_t children_signal(
    const struct children *children, unsigned kinds, int signal);

/* The network of a peer's address; an IPv4-mapped address is IPv4. */
struct child_network child_network_of(const struct sockaddr *address);

#endif
