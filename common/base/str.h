/* A growing owned string of octets, always followed by a NUL.
 * Never fails: no memory ends the process (mem.h).  Zeroed is empty. */
#ifndef NJIWA_BASE_STR_H
#define NJIWA_BASE_STR_H

#include <stdarg.h>
#include "common/base/slice.h"

struct str {
	char *ptr; /* NULL or NUL-terminated */
	size_t len;
	size_t cap; /* octets allocated, the NUL included */
};

#define STR_INIT                                                               \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Empties s and gives its memory back; s may be used again. */
void str_release(struct str *s);

/* Empties s and keeps its memory. */
void str_clear(struct str *s);

/* Makes room for at least more octets behind the ones there are. */
void str_reserve(struct str *s, size_t more);

/* Appends octets, one octet, or formatted text. */
void str_append(struct str *s, struct slice octets);
void str_append_mem(struct str *s, const void *octets, size_t len);
void str_append_char(struct str *s, char c);
void str_appendf(struct str *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void str_vappendf(struct str *s, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Appends a C string, whose length the compiler mostly knows. */
static inline void
str_append_cstr(struct str *s, const char *text)
{
	str_append_mem(s, text, strlen(text));
}

/* Appends text in quotes, with a backslash before each quote and backslash: a
 * quoted-string of RFC 5321 and 3501, where text is what one may hold. */
void str_append_quoted(struct str *s, struct slice text);

/* Replaces what s holds. */
void str_set(struct str *s, struct slice octets);

/* Cuts s to its first len octets; longer is no change. */
void str_truncate(struct str *s, size_t len);

/* Removes the first n octets of s. */
void str_drop(struct str *s, size_t n);

/* The owned C string of s, never NULL; s is empty afterwards.  free() it. */
char *str_take(struct str *s);

/* The octets of s, borrowed until its next change. */
static inline struct slice
str_slice(const struct str *s)
{
	return (struct slice){ s->ptr ? s->ptr : "", s->len };
}

/* The C string of s, never NULL, borrowed until its next change. */
static inline const char *
str_cstr(const struct str *s)
{
	return s->ptr ? s->ptr : "";
}

/* Overwrites the octets of s with zeros, then releases it. */
void str_wipe(struct str *s);

#define STR_AUTO __attribute__((cleanup(str_release))) struct str

#endif
