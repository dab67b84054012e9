#include <errno.h>
#include <fcntl.h>

#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/svc/check/name_servers.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_CONF_MAX 65536

void
name_servers_find(
    const struct settings *settings, struct dns_servers *ret_servers)
{
	STR_AUTO text = STR_INIT;
	struct err err = { 0, "" };

	if (dns_servers_parse(settings->dns_servers, ret_servers, &err) < 0)
		log_error("%s (setting dns_servers)", err.text);
	if (ret_servers->count)
		return;
	/* without the file it is the server of this machine */
	(void)fileio_read(AT_FDCWD, RESOLV_CONF, RESOLV_CONF_MAX, &text, NULL);
	dns_servers_resolv_conf(str_slice(&text), ret_servers);
}

int
name_servers_open(
    const struct dns_servers *servers, int server, int fds[DNS_SERVERS_MAX])
{
	bool tcp = server >= 0;
	int n = 0, rc = -ENOENT;
	size_t i;

	for (i = 0; i < servers->count; i++) {
		int fd = tcp && i != (size_t)server
			     ? -ENOENT
			     : dns_servers_connect(servers, i, tcp);

		if (fd >= 0)
			fds[n++] = fd;
		else
			rc = fd;
	}
	return n ? n : rc;
}
