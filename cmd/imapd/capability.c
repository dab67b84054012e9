#include "cmd/imapd/capability.h"

#include <inttypes.h>

#include "common/proto/sasl.h"

static const struct capability {
	const char *name;
	unsigned when;
} capabilities[] = {
	/* clang-format off */
	{ "IMAP4rev1",     0 },
	{ "IMAP4rev2",     0 },
	{ "LITERAL+",      CAP_LITERAL_PLUS },
	{ "LITERAL-",      CAP_LITERAL_MINUS },
	{ "SASL-IR",       CAP_BEFORE_LOGIN },
	{ "ID",            0 },
	{ "ENABLE",        0 }, /* imaplib asks for it no more after LOGIN */
	{ "STARTTLS",      CAP_BEFORE_LOGIN | CAP_MAY_STARTTLS },
	{ "LOGINDISABLED", CAP_BEFORE_LOGIN | CAP_NO_LOGIN },
	{ "IDLE",          CAP_AFTER_LOGIN },
	{ "NAMESPACE",     CAP_AFTER_LOGIN },
	{ "CHILDREN",      CAP_AFTER_LOGIN },
	{ "UIDPLUS",       CAP_AFTER_LOGIN },
	{ "UNSELECT",      CAP_AFTER_LOGIN },
	{ "MOVE",          CAP_AFTER_LOGIN },
	{ "LIST-EXTENDED", CAP_AFTER_LOGIN },
	{ "LIST-STATUS",   CAP_AFTER_LOGIN },
	{ "SPECIAL-USE",   CAP_AFTER_LOGIN },
	{ "CREATE-SPECIAL-USE", CAP_AFTER_LOGIN },
	{ "METADATA",      CAP_AFTER_LOGIN },
	{ "NOTIFY",        CAP_AFTER_LOGIN },
	{ "PREVIEW",       CAP_AFTER_LOGIN },
	{ "I18NLEVEL=1",   CAP_AFTER_LOGIN },
	{ "LANGUAGE",      CAP_AFTER_LOGIN },
	{ "XLIST",         CAP_AFTER_LOGIN },
	{ "STATUS=SIZE",   CAP_AFTER_LOGIN },
	{ "ESEARCH",       CAP_AFTER_LOGIN },
	{ "CONTEXT=SEARCH", CAP_AFTER_LOGIN },
	{ "SEARCHRES",     CAP_AFTER_LOGIN },
	{ "WITHIN",        CAP_AFTER_LOGIN },
	{ "SORT",          CAP_AFTER_LOGIN },
	{ "SORT=DISPLAY",  CAP_AFTER_LOGIN },
	{ "ESORT",         CAP_AFTER_LOGIN },
	{ "THREAD=ORDEREDSUBJECT", CAP_AFTER_LOGIN },
	{ "THREAD=REFERENCES", CAP_AFTER_LOGIN },
	{ "THREAD=REFS",   CAP_AFTER_LOGIN },
	{ "UTF8=ACCEPT",   CAP_AFTER_LOGIN },
	{ "MULTIAPPEND",   CAP_AFTER_LOGIN },
	{ "BINARY",        CAP_AFTER_LOGIN },
	{ "COMPRESS=DEFLATE", CAP_AFTER_LOGIN },
	{ "CATENATE",      CAP_AFTER_LOGIN },
	{ "URL-PARTIAL",   CAP_AFTER_LOGIN },
	{ "REPLACE",       CAP_AFTER_LOGIN },
	{ "CONDSTORE",     CAP_AFTER_LOGIN },
	{ "QRESYNC",       CAP_AFTER_LOGIN },
	{ "UIDONLY",       CAP_AFTER_LOGIN },
	{ "PARTIAL",       CAP_AFTER_LOGIN },
	{ "INPROGRESS",    CAP_AFTER_LOGIN },
	{ "SAVEDATE",      CAP_AFTER_LOGIN },
	{ "OBJECTID",      CAP_AFTER_LOGIN },
	{ "QUOTA",         CAP_AFTER_LOGIN },
	{ "QUOTA=RES-STORAGE", CAP_AFTER_LOGIN },
	{ "QUOTA=RES-MESSAGE", CAP_AFTER_LOGIN },
	/* clang-format on */
};

void
capability_list(const struct settings *settings, unsigned now, unsigned offered,
    struct str *out)
{
	size_t i, n = sizeof capabilities / sizeof capabilities[0];

	now |=
	    settings->imap_literal_minus ? CAP_LITERAL_MINUS : CAP_LITERAL_PLUS;
	str_append_cstr(out, "CAPABILITY");
	for (i = 0; i < n; i++)
		if ((capabilities[i].when & ~now) == 0)
			str_appendf(out, " %s", capabilities[i].name);
	if (now & CAP_AFTER_LOGIN) /* RFC 7889 */
		str_appendf(
		    out, " APPENDLIMIT=%" PRId64, settings->imap_append_max);
	if ((now & CAP_BEFORE_LOGIN) && (now & CAP_MAY_LOGIN))
		sasl_list(offered, " AUTH=", out);
}
