/* The `listen` setting: words `service=address:port` and `service=/path`.
 * Only parses; never opens a socket and never looks a name up. */
#ifndef NJIWA_CMD_INIT_LISTEN_H
#define NJIWA_CMD_INIT_LISTEN_H

#include <netinet/in.h>
#include "cmd/init/services.h"
#include "common/base/err.h"

#define LISTEN_MAX 64       /* words of the setting */
#define LISTEN_PATH_MAX 108 /* octets of a Unix socket's path, NUL included */
#define LISTEN_TEXT_MAX 140 /* octets of listen_print's text, NUL included */

/* Where one service listens. */
struct listen_entry {
	const struct init_service *service;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address;
	bool dual;                  /* `*`: IPv6 and IPv4 */
	char path[LISTEN_PATH_MAX]; /* of a Unix socket; else "" */
};

struct listen_list {
	struct listen_entry entry[LISTEN_MAX];
	size_t count;
};

/*
 * Reads all words of text: `imap=*:143 mx=[::1]:25 lmtp=/run/lmtp`.
 * 0, or -EINVAL with err saying which word is wrong and why; a place that is
 * named twice is wrong too.
 */
int listen_parse(
    struct slice text, struct listen_list *ret_list, struct err *err);

/* Same service at the same place? */
bool listen_equal(const struct listen_entry *a, const struct listen_entry *b);

/* The length of the entry's socket address. */
socklen_t listen_address_len(const struct listen_entry *entry);

/* The entry as it would stand in the setting, into text, which has room for
 * LISTEN_TEXT_MAX. */
void listen_print(const struct listen_entry *entry, char *text);

#endif
