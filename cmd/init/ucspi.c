#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "cmd/init/ucspi.h"

/* The address as text (IPv4-mapped as IPv4) and its port. */
static unsigned
address_print(const struct sockaddr_storage *address, char *text)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	text[0] = '\0';
	if (address->ss_family == AF_INET) {
		memcpy(&in, address, sizeof in);
		/* text has room for either family */
		(void)inet_ntop(AF_INET, &in.sin_addr, text, INET6_ADDRSTRLEN);
		return ntohs(in.sin_port);
	}
	if (address->ss_family != AF_INET6)
		return 0;
	memcpy(&in6, address, sizeof in6);
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		(void)inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], text,
		    INET6_ADDRSTRLEN);
	else
		(void)inet_ntop(
		    AF_INET6, &in6.sin6_addr, text, INET6_ADDRSTRLEN);
	return ntohs(in6.sin6_port);
}

typedef int name_function(int fd, struct sockaddr *address, socklen_t *len);

/* One end of the socket as two variables. */
static void
print_end(int socket, name_function *name, const char *end, char *ip_var,
    char *port_var)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof address;
	char ip[INET6_ADDRSTRLEN];
	unsigned port;

	if (name(socket, (struct sockaddr *)&address, &len) < 0)
		address.ss_family = AF_UNSPEC;
	port = address_print(&address, ip);
	(void)snprintf(ip_var, UCSPI_VAR_MAX, "TCP%sIP=%s", end, ip);
	(void)snprintf(port_var, UCSPI_VAR_MAX, "TCP%sPORT=%u", end, port);
}

static int
peer_name(int fd, struct sockaddr *address, socklen_t *len)
{
	return getpeername(fd, address, len);
}

static int
own_name(int fd, struct sockaddr *address, socklen_t *len)
{
	return getsockname(fd, address, len);
}

void
ucspi_of(int socket, struct ucspi *ret_ucspi)
{
	(void)snprintf(ret_ucspi->var[0], UCSPI_VAR_MAX, "PROTO=TCP");
	print_end(
	    socket, peer_name, "REMOTE", ret_ucspi->var[1], ret_ucspi->var[2]);
	print_end(
	    socket, own_name, "LOCAL", ret_ucspi->var[3], ret_ucspi->var[4]);
}

void
ucspi_print(const struct sockaddr_storage *address, char *text)
{
	char ip[INET6_ADDRSTRLEN];
	unsigned port = address_print(address, ip);

	(void)snprintf(text, UCSPI_TEXT_MAX, "%s port %u", ip, port);
}
