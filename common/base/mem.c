#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#define GROW_FIRST 8 /* elements of an array's first allocation */

void
mem_exhausted(void)
{
	log_error("out of memory; the connection is closed");
	_Exit(EX_TEMPFAIL);
}

void *
mem_alloc(size_t size)
{
	void *ptr = malloc(size ? size : 1);

	if (ptr == NULL)
		mem_exhausted();
	return ptr;
}

void *
mem_zalloc(size_t count, size_t size)
{
	void *ptr = calloc(count ? count : 1, size ? size : 1);

	if (ptr == NULL)
		mem_exhausted();
	return ptr;
}

void *
mem_realloc(void *ptr, size_t size)
{
	ptr = realloc(ptr, size ? size : 1);
	if (ptr == NULL)
		mem_exhausted();
	return ptr;
}

char *
mem_strndup(const char *ptr, size_t len)
{
	char *copy = mem_alloc(mem_add(len, 1));

	if (len)
		memcpy(copy, ptr, len);
	copy[len] = '\0';
	return copy;
}

char *
mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

size_t
mem_add(size_t a, size_t b)
{
	if (a > SIZE_MAX - b)
		mem_exhausted();
	return a + b;
}

size_t
mem_mul(size_t a, size_t b)
{
	if (b != 0 && a > SIZE_MAX / b)
		mem_exhausted();
	return a * b;
}

void *
mem_grow(void *ptr, size_t *cap, size_t need, size_t size)
{
	size_t more = *cap ? *cap : GROW_FIRST;

	if (need <= *cap)
		return ptr;
	while (more < need)
		more = mem_add(more, more);
	ptr = mem_realloc(ptr, mem_mul(more, size));
	*cap = more;
	return ptr;
}
