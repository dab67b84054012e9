/* A borrowed run of octets: pointer and length, not owned, may hold NUL.
 * Never allocates and never outlives the buffer it was cut from. */
#ifndef NJIWA_BASE_SLICE_H
#define NJIWA_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
	const char *ptr;
	size_t len;
};

/* For printf: "%.*s", SLICE_FMT(s). */
#define SLICE_FMT(s) (int)(s).len, (s).ptr

/* A slice of a string literal, usable in static tables. */
#define SLICE_LIT(lit)                                                         \
	{                                                                      \
		(lit), sizeof(lit) - 1                                         \
	}

static inline struct slice
slice_of(const char *ptr, size_t len)
{
	return (struct slice){ ptr, len };
}

/* The octets of the C string text, without its NUL. */
static inline struct slice
slice_from(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static inline bool
slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Equal but for the case of ASCII letters. */
static inline bool
slice_equal_nocase(struct slice a, struct slice b)
{
	return a.len == b.len &&
	       (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool
slice_is(struct slice a, const char *text)
{
	return slice_equal(a, slice_from(text));
}

static inline bool
slice_is_nocase(struct slice a, const char *text)
{
	return slice_equal_nocase(a, slice_from(text));
}

/* What is left of s after its first n octets (all of them when n > len). */
static inline struct slice
slice_skip(struct slice s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return (struct slice){ n ? s.ptr + n : s.ptr, s.len - n };
}

/* The first n octets of s (all of s when n > len). */
static inline struct slice
slice_head(struct slice s, size_t n)
{
	return (struct slice){ s.ptr, n < s.len ? n : s.len };
}

/* Does s begin with prefix? */
static inline bool
slice_starts(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

/* Does s begin with prefix, whatever the case of ASCII letters? */
static inline bool
slice_starts_nocase(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && strncasecmp(s.ptr, prefix, n) == 0;
}

/* The offset of the first c in s, or s.len when there is none. */
static inline size_t
slice_find(struct slice s, char c)
{
	const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return p ? (size_t)(p - s.ptr) : s.len;
}

/* Has s no octet above 127? */
static inline bool
slice_is_ascii(struct slice s)
{
	unsigned char all = 0;

	while (s.len)
		all |= (unsigned char)s.ptr[--s.len];
	return all < 0x80;
}

/* s without blanks (space, tab) at both ends. */
static inline struct slice
slice_trim(struct slice s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = slice_skip(s, 1);
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/*
 * Cuts the next field off *rest at the first sep, which is eaten; the last
 * field is what remains.  False when *rest was used up (ptr is then NULL).
 */
static inline bool
slice_next(struct slice *rest, char sep, struct slice *ret_field)
{
	size_t at;

	if (rest->ptr == NULL)
		return false;
	at = slice_find(*rest, sep);
	*ret_field = slice_head(*rest, at);
	if (at == rest->len)
		*rest = (struct slice){ NULL, 0 };
	else
		*rest = slice_skip(*rest, at + 1);
	return true;
}

#endif
