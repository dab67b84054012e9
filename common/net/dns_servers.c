#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "common/base/num.h"
#include "common/net/dns_servers.h"

#define PORT 53
#define ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */

static bool
set_address(struct slice text, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	char copy[ADDRESS_MAX];

	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	memset(to, 0, sizeof *to);
	if (inet_pton(AF_INET, copy, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, copy, &in6->sin6_addr) != 1)
		return false;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return true;
}

/* address, address:port, [address] or [address]:port. */
static bool
parse_server(struct slice word, struct sockaddr_storage *to)
{
	bool brackets = word.ptr[0] == '[';
	size_t end = slice_find(word, brackets ? ']' : ':');
	struct slice address = slice_head(word, end), port;
	uint64_t number = PORT;

	if (!brackets && set_address(word, PORT, to))
		return true; /* an IPv6 one has colons of its own */
	if (brackets && end == word.len)
		return false;
	port = slice_skip(word, end + brackets);
	address = slice_skip(address, brackets);
	if (port.len &&
	    (port.ptr[0] != ':' ||
		!num_parse(slice_skip(port, 1), UINT16_MAX, &number) ||
		number == 0))
		return false;
	return set_address(address, (uint16_t)number, to);
}

/* The next word of a list parted by blanks and commas. */
static bool
next_word(struct slice *rest, struct slice *ret_word)
{
	while (rest->len) {
		size_t n = strspn(rest->ptr, ", \t");
		size_t len = strcspn(rest->ptr + n, ", \t");

		*ret_word = slice_of(rest->ptr + n, len);
		*rest = slice_skip(*rest, n + len);
		if (len)
			return true;
	}
	return false;
}

int
dns_servers_parse(
    const char *text, struct dns_servers *ret_servers, struct err *err)
{
	struct dns_servers found = { .count = 0 };
	struct slice rest = slice_from(text), word;

	while (next_word(&rest, &word)) {
		if (found.count == DNS_SERVERS_MAX)
			return err_set(err, EINVAL, "more than %d name servers",
			    DNS_SERVERS_MAX);
		if (!parse_server(word, &found.addresses[found.count++]))
			return err_set(err, EINVAL,
			    "\"%.*s\" is no address of a name server",
			    SLICE_FMT(word));
	}
	*ret_servers = found;
	return 0;
}

void
dns_servers_resolv_conf(struct slice text, struct dns_servers *ret_servers)
{
	static const char keyword[] = "nameserver";
	struct slice line;

	*ret_servers = (struct dns_servers){ .count = 0 };
	while (slice_next(&text, '\n', &line) &&
	       ret_servers->count < DNS_SERVERS_MAX) {
		struct slice word;

		if (!slice_starts(line, keyword))
			continue;
		line = slice_trim(slice_skip(line, strlen(keyword)));
		if (!slice_next(&line, ' ', &word))
			continue;
		/* a link-local address with a zone is passed over */
		ret_servers->count += set_address(slice_trim(word), PORT,
		    &ret_servers->addresses[ret_servers->count]);
	}
	if (ret_servers->count == 0)
		ret_servers->count += set_address(
		    slice_from("127.0.0.1"), PORT, &ret_servers->addresses[0]);
}

uint16_t
dns_servers_port(const struct dns_servers *servers, size_t i)
{
	const struct sockaddr_storage *a = &servers->addresses[i];

	return ntohs(a->ss_family == AF_INET
			 ? ((const struct sockaddr_in *)a)->sin_port
			 : ((const struct sockaddr_in6 *)a)->sin6_port);
}

int
dns_servers_connect(const struct dns_servers *servers, size_t i, bool tcp)
{
	const struct sockaddr_storage *a = &servers->addresses[i];
	int type =
	    (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	socklen_t len = a->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6);
	int fd = socket(a->ss_family, type, 0), rc;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)a, len) < 0 &&
	    errno != EINPROGRESS) {
		rc = -errno;
		(void)close(fd); /* nothing was said on it */
		return rc;
	}
	return fd;
}
