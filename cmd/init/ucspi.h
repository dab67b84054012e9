/* The UCSPI variables of a connected TCP socket.  Never resolves a name. */
#ifndef NJIWA_CMD_INIT_UCSPI_H
#define NJIWA_CMD_INIT_UCSPI_H

#include <netinet/in.h>
#include <sys/socket.h>

#define UCSPI_VARS 5      /* variables of a connection */
#define UCSPI_VAR_MAX 80  /* octets of one, its NUL included */
#define UCSPI_TEXT_MAX 64 /* octets of "address port N", NUL included */

/* PROTO=TCP, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT. */
struct ucspi {
	char var[UCSPI_VARS][UCSPI_VAR_MAX];
};

/* Fills the variables from the peer's address, as accept(2) gave it, and the
 * socket's own, which is "" and port 0 when the socket has none. */
void ucspi_of(
    int socket, const struct sockaddr_storage *peer, struct ucspi *ret_ucspi);

/* "192.0.2.1 port 4711", for the log; text has room for UCSPI_TEXT_MAX. */
void ucspi_print(const struct sockaddr_storage *address, char *text);

#endif
