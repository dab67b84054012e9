#include "cmd/imapd/condstore.h"

#include "cmd/imapd/response.h"

static const char none_kept[] = "This mailbox has no modification sequences";

void
condstore_tell_highest(struct imap *im)
{
	uint64_t highest = mailbox_highest_modseq(im->mailbox);
	struct str *out = &im->conn.out;

	if (highest == 0) {
		str_append_cstr(
		    out, "* OK [NOMODSEQ] No modification sequences here\r\n");
		return;
	}
	str_append_cstr(out, "* OK [HIGHESTMODSEQ ");
	response_number(out, highest);
	str_append_cstr(out, "] Highest\r\n");
}

void
condstore_enable(struct imap *im)
{
	if (im->enabled & ENABLED_CONDSTORE)
		return;
	im->enabled |= ENABLED_CONDSTORE;
	if (im->mailbox)
		condstore_tell_highest(im);
}

bool
condstore_need(struct imap *im)
{
	if (mailbox_highest_modseq(im->mailbox) == 0) {
		conn_bad(&im->conn, none_kept);
		return false;
	}
	condstore_enable(im);
	return true;
}

const char *
condstore_code(struct imap *im)
{
	uint64_t highest =
	    im->mailbox ? mailbox_highest_modseq(im->mailbox) : 0;
	struct str *code = &im->conn.code_made;

	if (!(im->enabled & ENABLED_QRESYNC) || highest == 0)
		return NULL;
	str_set(code, slice_from("HIGHESTMODSEQ "));
	response_number(code, highest);
	return str_cstr(code);
}

bool
condstore_parse(struct args *args, uint64_t *ret_modseq)
{
	return args_number(args, INT64_MAX, ret_modseq);
}

void
condstore_put(uint64_t modseq, struct str *out)
{
	str_append_cstr(out, "MODSEQ (");
	response_number(out, modseq);
	str_append_char(out, ')');
}

bool
condstore_is_due(const struct imap *im, bool flags, bool uids)
{
	if (flags)
		return im->enabled & ENABLED_CONDSTORE;
	return uids && (im->enabled & ENABLED_QRESYNC);
}
