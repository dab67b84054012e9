/* Memory: the one place where running out of it ends the process.
 * Never returns NULL; sizes that overflow end the process as well. */
#ifndef NJIWA_BASE_MEM_H
#define NJIWA_BASE_MEM_H

#include <stddef.h>

/* As malloc, calloc, realloc, strdup, strndup; free() what they return.
 * Without memory the process says so on its log and exits EX_TEMPFAIL. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t count, size_t size);
void *mem_realloc(void *ptr, size_t size);
char *mem_strdup(const char *text);
char *mem_strndup(const char *ptr, size_t len);

/* a + b and a * b, the process ended when they do not fit. */
size_t mem_add(size_t a, size_t b);
size_t mem_mul(size_t a, size_t b);

/*
 * Room for at least need elements of size octets in the array ptr, which has
 * room for *cap; grows by doubling.  Returns the array, moved perhaps.
 */
void *mem_grow(void *ptr, size_t *cap, size_t need, size_t size);

/* Ends the process: out of memory.  For libraries' allocation hooks. */
_Noreturn void mem_exhausted(void);

#endif
