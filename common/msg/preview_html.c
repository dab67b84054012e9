#include "common/msg/preview_line.h"

#include "common/base/num.h"

#define TAG_NAME_MAX 15 /* octets of a name that matters */
#define ENTITY_MAX 10   /* octets between "&" and ";" */

/* Elements of which nothing is seen, or that quote. */
static const char *const hidden[] = { "head", "style", "script", "title",
	"blockquote", "template", "noscript" };

/* Elements that part no words. */
static const char *const inside_words[] = { "a", "b", "i", "u", "em", "span",
	"strong", "font", "small", "big", "sup", "sub", "tt", "code", "wbr" };

static const struct {
	const char *name;
	uint32_t character;
} entities[] = {
	{ "amp", '&' },
	{ "lt", '<' },
	{ "gt", '>' },
	{ "quot", '"' },
	{ "apos", '\'' },
	{ "nbsp", 0xa0 },
	{ "shy", 0xad },
	{ "zwnj", 0x200c },
	{ "zwj", 0x200d },
	{ "ndash", 0x2013 },
	{ "mdash", 0x2014 },
	{ "lsquo", 0x2018 },
	{ "rsquo", 0x2019 },
	{ "ldquo", 0x201c },
	{ "rdquo", 0x201d },
	{ "bull", 0x2022 },
	{ "hellip", 0x2026 },
	{ "euro", 0x20ac },
	{ "copy", 0xa9 },
	{ "reg", 0xae },
	{ "laquo", 0xab },
	{ "raquo", 0xbb },
	{ "auml", 0xe4 },
	{ "ouml", 0xf6 },
	{ "uuml", 0xfc },
	{ "Auml", 0xc4 },
	{ "Ouml", 0xd6 },
	{ "Uuml", 0xdc },
	{ "szlig", 0xdf },
	{ "eacute", 0xe9 },
	{ "egrave", 0xe8 },
	{ "agrave", 0xe0 },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

struct html {
	struct slice rest;
	struct preview_line line;
	const char *within; /* the hidden element that we are in, or NULL */
	unsigned depth;     /* of its kind */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static const char *
find_name(const char *const *names, size_t n, struct slice name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (slice_is_nocase(name, names[i]))
			return names[i];
	return NULL;
}

/* The end of the tag that begins rest, behind its ">": one in quotes is none.
 */
static size_t
tag_length(struct slice rest)
{
	char quote = '\0';
	size_t i;

	for (i = 1; i < rest.len; i++) {
		char c = rest.ptr[i];

		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '>')
			return i + 1;
		else if (c == '"' || c == '\'')
			quote = c;
	}
	return rest.len;
}

static struct slice
tag_name(struct slice tag)
{
	size_t n = 0;

	while (n < tag.len && n <= TAG_NAME_MAX && !is_space(tag.ptr[n]) &&
	       tag.ptr[n] != '>' && tag.ptr[n] != '/')
		n++;
	return slice_head(tag, n);
}

/* Enters or leaves what is hidden. */
static void
take_name(struct html *h, struct slice name, bool closing)
{
	if (h->within == NULL && !closing) {
		h->within = find_name(hidden, COUNT(hidden), name);
		h->depth = h->within != NULL;
	} else if (h->within && slice_is_nocase(name, h->within)) {
		h->depth += closing ? -1u : 1u;
		if (h->depth == 0)
			h->within = NULL;
	}
}

/* "<!-- ... -->", which may hold anything. */
static void
skip_comment(struct html *h)
{
	size_t i;

	for (i = 4; i + 3 <= h->rest.len; i++)
		if (memcmp(h->rest.ptr + i, "-->", 3) == 0)
			break;
	h->rest = slice_skip(h->rest, i + 3);
}

/* Is what stands here a tag?  "<3" is none, and in a script or a style sheet
 * only its end is one. */
static bool
is_tag(const struct html *h)
{
	char c = h->rest.len > 1 ? h->rest.ptr[1] : '\0';
	bool raw = h->within && (strcmp(h->within, "style") == 0 ||
				    strcmp(h->within, "script") == 0);

	if (raw)
		return c == '/' &&
		       slice_starts_nocase(slice_skip(h->rest, 2), h->within);
	return c == '/' || c == '!' || c == '?' || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static void
take_tag(struct html *h)
{
	struct slice tag = slice_skip(h->rest, 1), name;
	bool closing = slice_starts(tag, "/");

	if (slice_starts(h->rest, "<!--")) {
		skip_comment(h);
		return;
	}
	name = tag_name(closing ? slice_skip(tag, 1) : tag);
	h->rest = slice_skip(h->rest, tag_length(h->rest));
	take_name(h, name, closing);
	if (h->within == NULL &&
	    !find_name(inside_words, COUNT(inside_words), name))
		(void)preview_put(&h->line, ' '); /* the next one tells */
}

/* The number of "#228" or "#xe4"; 0 for none. */
static uint32_t
numbered(struct slice name)
{
	uint64_t number;
	bool good;

	if (slice_starts_nocase(name, "#x"))
		good = num_parse_hex(slice_skip(name, 2), 0x10ffff, &number);
	else
		good = num_parse(slice_skip(name, 1), 0x10ffff, &number);
	return good ? (uint32_t)number : 0;
}

static uint32_t
entity_of(struct slice name)
{
	uint32_t c = 0;
	size_t i;

	if (slice_starts(name, "#"))
		c = numbered(name);
	for (i = 0; c == 0 && i < COUNT(entities); i++)
		if (slice_is(name, entities[i].name))
			c = entities[i].character;
	return c >= 0xd800 && c <= 0xdfff ? 0 : c;
}

/* "&name;", else the "&" itself. */
static uint32_t
take_entity(struct html *h)
{
	struct slice inside = slice_skip(h->rest, 1);
	size_t end = slice_find(slice_head(inside, ENTITY_MAX + 1), ';');
	uint32_t c = 0;

	if (end < inside.len && end <= ENTITY_MAX && end > 0)
		c = entity_of(slice_head(inside, end));
	h->rest = slice_skip(h->rest, c ? end + 2 : 1);
	return c ? c : '&';
}

static uint32_t
take_character(struct html *h)
{
	return h->rest.ptr[0] == '&' ? take_entity(h) : preview_take(&h->rest);
}

void
preview_html(struct slice utf8, struct str *out)
{
	struct html h = { .rest = utf8, .line = { .out = out } };
	uint32_t c;

	while (h.rest.len) {
		if (h.rest.ptr[0] == '<' && is_tag(&h)) {
			take_tag(&h);
			continue;
		}
		c = take_character(&h);
		if (h.within == NULL && !preview_put(&h.line, c))
			return;
	}
}
