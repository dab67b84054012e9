#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/str.h"

#define STR_FIRST 64 /* octets of the first allocation */

void
str_release(struct str *s)
{
	free(s->ptr);
	*s = (struct str)STR_INIT;
}

void
str_clear(struct str *s)
{
	str_truncate(s, 0);
}

void
str_reserve(struct str *s, size_t more)
{
	size_t need = mem_add(mem_add(s->len, more), 1);
	size_t cap = s->cap ? s->cap : STR_FIRST;

	if (need <= s->cap)
		return;
	while (cap < need)
		cap = mem_add(cap, cap);
	s->ptr = mem_realloc(s->ptr, cap);
	s->cap = cap;
	s->ptr[s->len] = '\0';
}

void
str_append_mem(struct str *s, const void *octets, size_t len)
{
	if (len == 0)
		return;
	if (len >= s->cap - s->len) /* mostly there is room */
		str_reserve(s, len);
	memcpy(s->ptr + s->len, octets, len);
	s->len += len;
	s->ptr[s->len] = '\0';
}

void
str_append(struct str *s, struct slice octets)
{
	str_append_mem(s, octets.ptr, octets.len);
}

void
str_append_char(struct str *s, char c)
{
	if (s->len + 1 >= s->cap) /* many are appended one by one */
		str_reserve(s, 1);
	s->ptr[s->len++] = c;
	s->ptr[s->len] = '\0';
}

void
str_vappendf(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	str_reserve(s, STR_FIRST);
	va_copy(again, ap);
	n = vsnprintf(s->ptr + s->len, s->cap - s->len, fmt, ap);
	if (n >= 0 && (size_t)n >= s->cap - s->len) {
		str_reserve(s, (size_t)n);
		n = vsnprintf(s->ptr + s->len, s->cap - s->len, fmt, again);
	}
	va_end(again);
	if (n > 0)
		s->len += (size_t)n;
}

void
str_appendf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vappendf(s, fmt, ap);
	va_end(ap);
}

void
str_append_quoted(struct str *s, struct slice text)
{
	size_t i, start = 0;

	str_append_char(s, '"');
	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] != '"' && text.ptr[i] != '\\')
			continue;
		str_append_mem(s, text.ptr + start, i - start);
		str_append_char(s, '\\');
		start = i;
	}
	str_append_mem(s, text.ptr + start, text.len - start);
	str_append_char(s, '"');
}

void
str_set(struct str *s, struct slice octets)
{
	str_clear(s);
	str_append(s, octets);
}

void
str_truncate(struct str *s, size_t len)
{
	if (s->ptr == NULL || len > s->len)
		return;
	s->len = len;
	s->ptr[len] = '\0';
}

void
str_drop(struct str *s, size_t n)
{
	if (n == 0 || s->ptr == NULL)
		return;
	if (n > s->len)
		n = s->len;
	memmove(s->ptr, s->ptr + n, s->len - n + 1);
	s->len -= n;
}

char *
str_take(struct str *s)
{
	char *ptr;

	str_reserve(s, 0);
	ptr = s->ptr;
	*s = (struct str)STR_INIT;
	return ptr;
}

void
str_wipe(struct str *s)
{
	if (s->ptr)
		explicit_bzero(s->ptr, s->cap);
	str_release(s);
}
