#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/init/sockets.h"
#include "common/base/fileio.h"

/* The IPv4 half of a `*`. */
static struct listen_entry
ipv4_of(const struct listen_entry *entry)
{
	struct listen_entry ipv4 = { .service = entry->service };

	ipv4.address.in.sin_family = AF_INET;
	ipv4.address.in.sin_addr.s_addr = htonl(INADDR_ANY);
	ipv4.address.in.sin_port = entry->address.in6.sin6_port;
	return ipv4;
}

/* What is accepted has it from here: a reply does not wait for the client to
 * acknowledge the one before it. */
static void
send_at_once(int fd)
{
	int on = 1;

	/* slower without it; a socket that is not of TCP needs none */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int
set_options(int fd, const struct listen_entry *entry)
{
	int on = 1, only = !entry->dual;

	send_at_once(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return -1;
	if (entry->address.any.sa_family != AF_INET6)
		return 0;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
}

int
socket_listen_tcp(const struct listen_entry *entry, struct err *err)
{
	char text[LISTEN_TEXT_MAX];
	int fd, code;

	fd = socket(entry->address.any.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 && errno == EAFNOSUPPORT && entry->dual) {
		struct listen_entry ipv4 = ipv4_of(entry);

		return socket_listen_tcp(&ipv4, err);
	}
	if (fd >= 0 && set_options(fd, entry) == 0 &&
	    bind(fd, &entry->address.any, listen_address_len(entry)) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	code = errno;
	fileio_close(&fd);
	listen_print(entry, text);
	return err_sys(err, code, "cannot listen on %s", text);
}

/* Makes the folder that path is in. */
static int
make_folder(const char *path)
{
	char folder[sizeof((struct sockaddr_un *)0)->sun_path];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len == 0)
		return 0;
	memcpy(folder, path, len);
	folder[len] = '\0';
	return mkdir(folder, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

/* Removes a socket that an earlier run left. */
static int
remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (S_ISSOCK(st.st_mode))
		return unlink(path);
	errno = EEXIST;
	return -1;
}

/* Binds with no rights for others from its first moment on. */
static int
bind_private(int fd, const struct sockaddr_un *address, mode_t mode)
{
	mode_t old = umask(~mode & 0777);
	int r = bind(fd, (const struct sockaddr *)address, sizeof *address);

	(void)umask(old); /* cannot fail */
	return r;
}

/* Gives the socket to who; EPERM without CAP_CHOWN, which containers may
 * lack. */
static bool
give(const char *path, const struct socket_owner *who)
{
	return geteuid() != 0 || lchown(path, who->uid, who->gid) == 0 ||
	       (who->wish && errno == EPERM);
}

int
socket_listen_unix(
    const char *path, int type, const struct socket_owner *who, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, code;

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, ENAMETOOLONG, "%s: longer than %zu octets",
		    path, sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd >= 0 && make_folder(path) == 0 && remove_stale(path) == 0 &&
	    bind_private(fd, &address, who->mode) == 0 && give(path, who) &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	code = errno;
	fileio_close(&fd);
	return err_sys(err, code, "cannot listen on %s", path);
}

bool
socket_adopt(int fd, int type)
{
	int is = 0, listening = 0;
	socklen_t len = sizeof is, listening_len = sizeof listening;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &is, &len) < 0 ||
	    getsockopt(
		fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_len) < 0)
		return false;
	if (is != type || !listening || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	if (type != SOCK_STREAM)
		return true; /* is handed on as a whole */
	send_at_once(fd);
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}
