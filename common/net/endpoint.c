#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/num.h"
#include "common/net/endpoint.h"

#define HOST_MAX 255
#define PORT_TEXT_MAX 8

static bool
cut_prefix(struct slice *text, const char *prefix)
{
	if (!slice_starts_nocase(*text, prefix))
		return false;
	*text = slice_skip(*text, strlen(prefix));
	return true;
}

static bool
take_path(struct slice path, struct endpoint *ret_endpoint)
{
	if (!slice_starts(path, "/") || slice_find(path, '\0') < path.len ||
	    path.len >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return false;
	*ret_endpoint = (struct endpoint){ path, { "", 0 }, 0 };
	return true;
}

static bool
take_tcp(struct slice host, struct slice port, struct endpoint *ret_endpoint)
{
	uint64_t number;

	if (host.len > 1 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = slice_of(host.ptr + 1, host.len - 2);
	else if (slice_find(host, '[') < host.len)
		return false;
	if (host.len == 0 || host.len > HOST_MAX ||
	    slice_find(host, '/') < host.len ||
	    slice_find(host, '\0') < host.len ||
	    !num_parse(port, UINT16_MAX, &number) || number == 0)
		return false;
	*ret_endpoint = (struct endpoint){ { "", 0 }, host, (uint16_t)number };
	return true;
}

/* The offset of the last colon, or text.len. */
static size_t
last_colon(struct slice text)
{
	size_t at = text.len;

	while (at > 0)
		if (text.ptr[--at] == ':')
			return at;
	return text.len;
}

bool
endpoint_parse(struct slice text, struct endpoint *ret_endpoint)
{
	size_t at;

	if (cut_prefix(&text, "unix:") || cut_prefix(&text, "local:") ||
	    slice_starts(text, "/"))
		return take_path(text, ret_endpoint);
	if (cut_prefix(&text, "inet:") || cut_prefix(&text, "inet6:")) {
		at = slice_find(text, '@');
		if (at < text.len)
			return take_tcp(slice_skip(text, at + 1),
			    slice_head(text, at), ret_endpoint);
	}
	at = last_colon(text);
	return at < text.len && take_tcp(slice_head(text, at),
				    slice_skip(text, at + 1), ret_endpoint);
}

static int
resolve_tcp(const struct endpoint *endpoint,
    struct sockaddr_storage *ret_address, socklen_t *ret_len, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char host[HOST_MAX + 1], port[PORT_TEXT_MAX];
	int rc;

	(void)snprintf(host, sizeof host, "%.*s", SLICE_FMT(endpoint->host));
	(void)snprintf(port, sizeof port, "%u", endpoint->port);
	if (strcmp(host, "localhost") == 0)
		(void)snprintf(host, sizeof host, "127.0.0.1");
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0)
		return err_set(err, EINVAL, "%s: %s", host, gai_strerror(rc));
	memcpy(ret_address, found->ai_addr, found->ai_addrlen);
	*ret_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int
endpoint_resolve(const struct endpoint *endpoint,
    struct sockaddr_storage *ret_address, socklen_t *ret_len, struct err *err)
{
	struct sockaddr_un *addr = (struct sockaddr_un *)ret_address;

	if (endpoint->path.len == 0)
		return resolve_tcp(endpoint, ret_address, ret_len, err);
	memset(addr, 0, sizeof *addr);
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, endpoint->path.ptr, endpoint->path.len);
	*ret_len = sizeof *addr;
	return 0;
}

/* Waits for a connect that is under way; 0 or -errno. */
static int
finish_connect(int fd, int64_t ms)
{
	int rc = fileio_wait(fd, POLLOUT, clock_deadline(ms));
	int error = 0;
	socklen_t len = sizeof error;

	if (rc < 0)
		return rc;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

int
endpoint_connect(const struct sockaddr_storage *address, socklen_t len,
    int64_t ms, struct err *err)
{
	const struct sockaddr *to = (const struct sockaddr *)address;
	int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int fd = socket(to->sa_family, type, 0), rc = 0;

	if (fd < 0)
		return err_sys(err, errno, "socket");
	if (connect(fd, to, len) < 0)
		rc = errno == EINPROGRESS ? finish_connect(fd, ms) : -errno;
	if (rc == 0)
		return fd;
	(void)close(fd); /* nothing was said on it */
	return err_sys(err, -rc, "connect");
}
