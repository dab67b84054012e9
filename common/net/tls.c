#include <errno.h>
#include <poll.h>

#include "common/base/driver.h"
#include "common/net/stream_private.h"
#include "common/net/tls.h"

const struct tls_driver *
tls_driver_open(struct err *err)
{
	return driver_load("tls", "njiwa_tls_driver", err);
}

/* TLS runs over a plain stream of its own on the same descriptors, which the
 * client's stream then speaks through. */
static ssize_t
raw_read(void *ctx, void *octets, size_t len)
{
	return stream_try_read(ctx, octets, len);
}

static ssize_t
raw_write(void *ctx, const void *octets, size_t len)
{
	return stream_try_write(ctx, octets, len);
}

static void
raw_close(void *ctx)
{
	stream_free(ctx);
}

static const struct stream_io raw_io = { raw_read, raw_write, NULL, NULL,
	raw_close };

static int
handshake(struct stream *s, const struct tls_driver *driver,
    struct tls_conn *conn, struct err *err)
{
	int rc;

	while ((rc = driver->conn_handshake(conn, err)) == -EAGAIN) {
		rc = stream_wait_ready(s, driver->conn_io.wants(conn));
		if (rc < 0)
			return err_sys(err, -rc, "TLS handshake");
	}
	return rc;
}

int
tls_accept(struct stream *s, struct tls_server *server, int64_t deadline,
    char text[TLS_TEXT_MAX], struct err *err)
{
	const struct tls_driver *driver = tls_driver_open(err);
	struct tls_conn *conn;
	int rc;

	if (driver == NULL)
		return -ENOENT;
	conn =
	    driver->conn_new(server, &raw_io, stream_new(s->in, s->out), err);
	if (conn == NULL)
		return -EIO;
	stream_set_deadline(s, deadline);
	rc = handshake(s, driver, conn, err);
	if (rc == 0) {
		driver->conn_describe(conn, text);
		stream_set_io(s, &driver->conn_io, conn);
	} else {
		driver->conn_io.close(conn);
	}
	return rc;
}

void
tls_binding(struct stream *s, enum tls_binding which, struct str *out)
{
	struct err ignored; /* a stream without the driver has no TLS */
	const struct tls_driver *driver = tls_driver_open(&ignored);

	if (driver && s->io == &driver->conn_io)
		driver->conn_binding(s->io_ctx, which, out);
}
