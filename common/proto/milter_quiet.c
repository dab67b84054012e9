#include <errno.h>
#include <sys/socket.h>

#include "common/proto/milter.h"

int
milter_quiet(const struct milter *m, struct err *err)
{
	char octet;
	ssize_t n;

	if (m->taken < m->in.len)
		return err_set(err, EPROTO, "it answers what nobody asked");
	n = recv(m->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n > 0)
		return err_set(err, EPROTO, "it answers what nobody asked");
	if (n == 0)
		return err_set(err, EPIPE, "it hung up");
	return errno == EAGAIN
		   ? 0
		   : err_sys(err, errno, "the conversation broke off");
}
