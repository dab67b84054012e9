#include <errno.h>
#include <string.h>
#include <sys/un.h>
#include <sysexits.h>

#include "cmd/init/health.h"
#include "cmd/init/listen.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/net/endpoint.h"
#include "common/net/peer.h"
#include "common/net/stream.h"

#define ANSWER_MS 5000    /* for connection and greeting each */
#define GREETING_MAX 4096 /* octets of its first line */

/* Where to connect for what listens at the entry; its length. */
static socklen_t
address_of(const struct listen_entry *entry, struct sockaddr_storage *address)
{
	struct sockaddr_in loopback = { .sin_family = AF_INET,
		.sin_port = entry->address.in6.sin6_port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	if (entry->path[0]) {
		memcpy(local.sun_path, entry->path, sizeof local.sun_path);
		memcpy(address, &local, sizeof local);
		return sizeof local;
	}
	if (entry->dual) {
		memcpy(address, &loopback, sizeof loopback);
		return sizeof loopback;
	}
	memcpy(address, &entry->address, sizeof entry->address);
	return listen_address_len(entry);
}

/* The service's first line; -errno, or 0 when it just hangs up.  Leaves as one
 * should, so that nothing is logged of it. */
static int
greeting_of(int fd, const struct init_protocol *protocol, const char *proxies,
    struct str *out)
{
	struct stream *stream = stream_new(fd, fd);
	struct slice line;
	struct peer peer;
	int rc;

	stream_set_deadline(stream, clock_deadline(ANSWER_MS));
	/* who connects to an address of ours has it, too */
	peer_of(fd, &peer);
	if (peer_in_networks(&peer, proxies))
		stream_puts(stream, "PROXY UNKNOWN\r\n");
	rc = stream_read_line(stream, GREETING_MAX, &line);
	if (rc == 1)
		str_append(out, line);
	stream_puts(stream, protocol->goodbye);
	while (rc == 1 && stream_fill(stream) == 1)
		stream_eat(stream, stream_input(stream).len);
	stream_free(stream);
	return rc;
}

/* Why the entry does not serve; 0 when it does. */
static int
ask(const struct listen_entry *entry, const char *proxies, struct err *err)
{
	const struct init_protocol *protocol = entry->service->protocol;
	STR_AUTO line = STR_INIT;
	struct sockaddr_storage address;
	socklen_t len = address_of(entry, &address);
	FD_AUTO fd = endpoint_connect(&address, len, ANSWER_MS, err);
	int rc;

	if (fd < 0)
		return fd;
	if (protocol == NULL)
		return 0;
	rc = greeting_of(fd, protocol, proxies, &line);
	if (rc < 0)
		return err_sys(err, -rc, "no greeting");
	if (rc == 0)
		return err_set(err, EPIPE, "no greeting: it hangs up");
	if (!slice_starts(str_slice(&line), protocol->greeting))
		return err_set(err, EPROTO, "its greeting is %.*s",
		    (int)strcspn(str_cstr(&line), "\r\n"), line.ptr);
	return 0;
}

/* A connection without a handshake is logged: so services behind TLS, which
 * the same loop serves, are asked only where there is nothing else. */
static bool
is_asked(const struct listen_entry *entry, const struct listen_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->entry[i].service->protocol)
			return entry->service->protocol != NULL;
	return true;
}

int
health_check(const struct settings *settings)
{
	struct listen_list list;
	struct err err;
	int status = EX_OK;
	size_t i;

	if (listen_parse(slice_from(settings->listen), &list, &err) < 0) {
		log_error("%s", err.text);
		return EX_CONFIG;
	}
	for (i = 0; i < list.count; i++) {
		char text[LISTEN_TEXT_MAX];

		if (!is_asked(&list.entry[i], &list) ||
		    ask(&list.entry[i], settings->proxy_networks, &err) == 0)
			continue;
		listen_print(&list.entry[i], text);
		log_error("%s: %s", text, err.text);
		status = EX_UNAVAILABLE;
	}
	return status;
}
