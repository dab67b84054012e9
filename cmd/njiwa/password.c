/* Asking for a password. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/njiwa/password.h"
#include "common/account/account.h"
#include "common/base/fileio.h"
#include "common/base/secret.h"

#define LINE_MAX_OCTETS (ACCOUNT_PASSWORD_MAX + 2) /* line end and one more */
#define INTERRUPT 3                                /* ^C */

/* One line of fd, octet by octet: what is behind it is not ours.  Its length
 * without line end, or -errno; -EMSGSIZE when it is too long. */
static ssize_t
read_line(int fd, char *room, size_t size)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(fd, room + len, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 || room[len] == '\n')
			break;
		if (room[len] == INTERRUPT)
			return -EINTR;
		if (++len == size)
			return -EMSGSIZE;
	}
	if (len && room[len - 1] == '\r')
		len--;
	return (ssize_t)len;
}

/* A line that can be a password, in the arena; EX_OK or a status. */
static int
take_line(const struct tool *tool, int fd, const char **ret_password)
{
	char *room = secret_room(LINE_MAX_OCTETS);
	ssize_t len;

	if (room == NULL)
		return tool_fail(tool, EX_OSERR, "no memory for secrets");
	len = read_line(fd, room, LINE_MAX_OCTETS - 1);
	if (len == -EINTR)
		return tool_fail(tool, EX_USAGE, "given up");
	if (len == -EMSGSIZE || len > ACCOUNT_PASSWORD_MAX)
		return tool_fail(tool, EX_DATAERR,
		    "a password has at most %d octets", ACCOUNT_PASSWORD_MAX);
	if (len < 0)
		return tool_fail(tool, EX_IOERR, "cannot read the password: %s",
		    strerror((int)-len));
	if (memchr(room, '\0', (size_t)len))
		return tool_fail(
		    tool, EX_DATAERR, "there is a NUL in the password");
	room[len] = '\0';
	*ret_password = room;
	return EX_OK;
}

/* Asks at the terminal without showing what is typed. */
static int
ask_line(const struct tool *tool, int tty, const char *prompt,
    const char **ret_password)
{
	struct termios before, silent;
	int status;

	if (tcgetattr(tty, &before) < 0)
		return tool_fail(
		    tool, EX_IOERR, "terminal: %s", strerror(errno));
	silent = before;
	/* ^C must not leave the terminal silent: it ends the line, no more */
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	silent.c_cc[VEOL] = INTERRUPT;
	(void)fileio_write(tty, slice_from(prompt)); /* then unasked */
	if (tcsetattr(tty, TCSAFLUSH, &silent) < 0)
		return tool_fail(
		    tool, EX_IOERR, "terminal: %s", strerror(errno));
	status = take_line(tool, tty, ret_password);
	(void)tcsetattr(tty, TCSAFLUSH, &before);  /* nothing better to do */
	(void)fileio_write(tty, slice_from("\n")); /* for the eye alone */
	return status;
}

static int
ask_terminal(
    const struct tool *tool, enum password_ask ask, const char **ret_password)
{
	FD_AUTO tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	const char *again = "";
	int status;

	if (tty < 0)
		return tool_fail(
		    tool, EX_NOINPUT, "/dev/tty: %s", strerror(errno));
	status = ask_line(tool, tty, "Enter new password: ", ret_password);
	if (status != EX_OK || ask == PASSWORD_ONCE)
		return status;
	status = ask_line(tool, tty, "Retype new password: ", &again);
	if (status == EX_OK && strcmp(*ret_password, again) != 0)
		return tool_fail(
		    tool, EX_DATAERR, "the passwords are not the same");
	return status;
}

int
password_get(
    struct tool *tool, enum password_ask ask, const char **ret_password)
{
	int status = EX_OK;

	if (tool->option['p'])
		*ret_password = tool->option['p'];
	else if (tool->option['i'] || !isatty(STDIN_FILENO))
		status = take_line(tool, STDIN_FILENO, ret_password);
	else
		status = ask_terminal(tool, ask, ret_password);
	if (status == EX_OK && (*ret_password)[0] == '\0')
		return tool_fail(tool, EX_DATAERR, "the password is empty");
	return status;
}
