/* The recursive name servers of a site, and descriptors to them, for the
 * process that may make sockets.  Never sends or receives anything. */
#ifndef NJIWA_NET_DNS_SERVERS_H
#define NJIWA_NET_DNS_SERVERS_H

#include <sys/socket.h>
#include "common/base/err.h"
#include "common/net/dns.h"

struct dns_servers {
	struct sockaddr_storage addresses[DNS_SERVERS_MAX];
	size_t count;
};

/*
 * Reads "192.0.2.1, [2001:db8::1]:5353 192.0.2.3:53": addresses, with a port
 * or not.  0, or -EINVAL with err filled.
 */
int dns_servers_parse(
    const char *text, struct dns_servers *ret_servers, struct err *err);

/* Reads the nameserver lines of a resolv.conf(5); without any it is the server
 * of this machine, as for the C library. */
void dns_servers_resolv_conf(
    struct slice text, struct dns_servers *ret_servers);

/* The port of a server. */
uint16_t dns_servers_port(const struct dns_servers *servers, size_t i);

/* A descriptor connected to the server by UDP, or connected or connecting by
 * TCP; non-blocking.  It, or -errno. */
int dns_servers_connect(const struct dns_servers *servers, size_t i, bool tcp);

#endif
