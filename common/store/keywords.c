#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/store/keywords.h"

void
keywords_release(struct keywords *keywords)
{
	size_t i;

	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++) {
		free(keywords->names[i]);
		keywords->names[i] = NULL;
	}
}

/* No blanks, no control characters: what an IMAP flag can be and a line of
 * the file can hold. */
static bool
name_valid(struct slice name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == 0x7f)
			return false;
	return name.len > 0 && name.len <= KEYWORDS_NAME_MAX;
}

static void
parse_line(struct slice line, struct keywords *keywords)
{
	uint64_t index;

	if (!num_eat(&line, MAILBOX_KEYWORDS_MAX - 1, &index) ||
	    line.len == 0 || line.ptr[0] != ' ')
		return;
	line = slice_skip(line, 1);
	if (!name_valid(line))
		return;
	free(keywords->names[index]);
	keywords->names[index] = mem_strndup(line.ptr, line.len);
}

void
keywords_parse(struct slice text, struct keywords *keywords)
{
	struct slice line;

	keywords_release(keywords);
	while (slice_next(&text, '\n', &line))
		parse_line(line, keywords);
}

void
keywords_format(const struct keywords *keywords, struct str *out)
{
	unsigned i;

	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++)
		if (keywords->names[i])
			str_appendf(out, "%u %s\n", i, keywords->names[i]);
}

int
keywords_find(const struct keywords *keywords, struct slice name)
{
	int i;

	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++)
		if (keywords->names[i] &&
		    slice_is_nocase(name, keywords->names[i]))
			return i;
	return -1;
}

int
keywords_add(struct keywords *keywords, struct slice name, uint32_t used)
{
	int i;

	if (!name_valid(name))
		return -EINVAL;
	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++) {
		if (keywords->names[i] || used & 1U << i)
			continue;
		keywords->names[i] = mem_strndup(name.ptr, name.len);
		return i;
	}
	return -ENOSPC;
}
