/* How the text of a MIME part is to be read: what its header says of type,
 * encoding and charset.  Never looks at the text itself. */
#ifndef NJIWA_MSG_PART_TEXT_H
#define NJIWA_MSG_PART_TEXT_H

#include "common/msg/mime_value.h"
#include "common/msg/transfer.h"

struct part_text {
	struct mime_value type; /* as written; main is "" without any */
	enum transfer_encoding encoding;
	struct slice charset; /* of type, "" for none */
};

/* Learns it from the part's header. */
void part_text_init(struct part_text *text, struct slice header);
void part_text_release(struct part_text *text);

#endif
