/* The line that a preview becomes: blanks are one, what cannot be seen is left
 * out, and it ends at its length.  For the files of preview.h. */
#ifndef NJIWA_MSG_PREVIEW_LINE_H
#define NJIWA_MSG_PREVIEW_LINE_H

#include "common/msg/preview.h"

struct preview_line {
	struct str *out;
	unsigned characters;
	bool blank; /* one is due before the next character */
	bool begun;
};

/* Adds a character; false once the line is as long as it may be. */
bool preview_put(struct preview_line *line, uint32_t c);

/* Cuts the first character off *rest, which is valid UTF-8 and not empty. */
uint32_t preview_take(struct slice *rest);

#endif
