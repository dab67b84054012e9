#include "cmd/imapd/message_header.h"

#include <errno.h>
#include <unistd.h>

#include "common/store/mailbox_message.h"

#define FIRST_READ 8192 /* octets; most headers are shorter */

/* Is the end of the header in text? */
static bool
has_header(struct slice text)
{
	while (text.len && !slice_starts(text, "\n") &&
	       !slice_starts(text, "\r\n"))
		text = slice_skip(text, slice_find(text, '\n') + 1);
	return text.len > 0;
}

/* Reads until memory holds the header, or all of a short message; 1 when it
 * would have to hold more than it may, 0, -errno. */
static int
read_header(int fd, struct str *memory)
{
	size_t want = FIRST_READ;

	str_clear(memory);
	while (want <= MESSAGE_HEADER_READ) {
		ssize_t n;

		str_reserve(memory, want - memory->len);
		n = pread(fd, memory->ptr + memory->len, want - memory->len,
		    (off_t)memory->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		memory->len += (size_t)n;
		memory->ptr[memory->len] = '\0';
		if (n == 0 || has_header(str_slice(memory)))
			return 0;
		if (memory->len == want)
			want *= 2;
	}
	return 1;
}

int
message_header(struct imap *im, uint32_t seq, struct str *memory,
    struct slice *ret_header, struct err *err)
{
	int fd, rc;

	if (im->body_uid != mailbox_message(im->mailbox, seq)->uid) {
		fd = mailbox_message_open(im->mailbox, seq, err);
		if (fd < 0)
			return fd;
		rc = read_header(fd, memory);
		(void)close(fd); /* was only read */
		*ret_header = str_slice(memory);
		if (rc <= 0)
			return rc < 0 ? err_sys(err, -rc, "read a message") : 0;
	}
	rc = imap_open_body(im, seq, err);
	if (rc == 0)
		*ret_header = body_header(&im->body);
	return rc;
}

int64_t
message_sent(struct imap *im, uint32_t seq, const struct message_fields *fields)
{
	struct err err;
	int64_t sent;
	time_t date;

	if (message_fields_date(fields, &sent))
		return sent;
	if (mailbox_message_date(im->mailbox, seq, &date, &err) < 0)
		return 0;
	return date;
}
