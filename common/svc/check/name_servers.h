/* The name servers of the site, by its settings, for the process that asks them
 * for the checks or gives its front descriptors.  Never asks them anything. */
#ifndef NJIWA_SVC_CHECK_NAME_SERVERS_H
#define NJIWA_SVC_CHECK_NAME_SERVERS_H

#include "common/net/dns_servers.h"
#include "common/svc/settings.h"

/* Those of the setting dns_servers, or else of resolv.conf; there is always
 * one.  A setting that cannot be read is logged. */
void name_servers_find(
    const struct settings *settings, struct dns_servers *ret_servers);

/* Descriptors as of dns_open: by UDP to all of them (server is -1), or one by
 * TCP to that.  Their number, or -errno. */
int name_servers_open(
    const struct dns_servers *servers, int server, int fds[DNS_SERVERS_MAX]);

#endif
