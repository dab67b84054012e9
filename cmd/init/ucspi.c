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

/* One end as two variables. */
static void
print_end(const struct sockaddr_storage *address, const char *end, char *ip_var,
    char *port_var)
{
	char ip[INET6_ADDRSTRLEN];
	unsigned port = address_print(address, ip);

	(void)snprintf(ip_var, UCSPI_VAR_MAX, "TCP%sIP=%s", end, ip);
	(void)snprintf(port_var, UCSPI_VAR_MAX, "TCP%sPORT=%u", end, port);
}

void
ucspi_of(
    int socket, const struct sockaddr_storage *peer, struct ucspi *ret_ucspi)
{
	struct sockaddr_storage own = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof own;

	if (getsockname(socket, (struct sockaddr *)&own, &len) < 0)
		own.ss_family = AF_UNSPEC;
	(void)snprintf(ret_ucspi->var[0], UCSPI_VAR_MAX, "PROTO=TCP");
	print_end(peer, "REMOTE", ret_ucspi->var[1], ret_ucspi->var[2]);
	print_end(&own, "LOCAL", ret_ucspi->var[3], ret_ucspi->var[4]);
}

void
ucspi_print(const struct sockaddr_storage *address, char *text)
{
	char ip[INET6_ADDRSTRLEN];
	unsigned port = address_print(address, ip);

	(void)snprintf(text, UCSPI_TEXT_MAX, "%s port %u", ip, port);
}
