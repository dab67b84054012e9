#include "cmd/imapd/commands.h"
#include "cmd/imapd/imap.h"

static const char active[] = "DEFLATE is active already";

/* With the next octet after the reply. */
static void
start(struct conn *conn)
{
	struct imap *im = (struct imap *)conn;

	im->deflate = stream_deflate(conn->client);
}

void
cmd_compress(void *ctx, struct slice argument)
{
	struct imap *im = ctx;

	if (!slice_is_nocase(argument, "DEFLATE"))
		conn_no(&im->conn, "CANNOT", "Not a mechanism that there is");
	else if (im->deflate)
		conn_no(&im->conn, "COMPRESSIONACTIVE", active);
	else
		im->conn.then = start;
}

void
imap_rest_compression(struct imap *im)
{
	if (im->deflate)
		deflate_shrink(im->deflate);
}
