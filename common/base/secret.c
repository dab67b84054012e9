#include <stdlib.h>
#include <sys/mman.h>

#include "common/base/secret.h"

#define STACK_WIPED 32768 /* octets below the caller */

static struct {
	char *arena;
	size_t used;
} state;

static bool
arena_open(void)
{
	char *arena;

	if (state.arena)
		return true;
	arena = mmap(NULL, SECRET_ARENA_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		return false;
	/* best effort: a kernel without these keeps what it can */
	(void)mlock2(arena, SECRET_ARENA_SIZE, MLOCK_ONFAULT);
	(void)madvise(arena, SECRET_ARENA_SIZE, MADV_DONTDUMP);
	(void)madvise(arena, SECRET_ARENA_SIZE, MADV_WIPEONFORK);
	state.arena = arena;
	return true;
}

char *
secret_room(size_t size)
{
	char *room;

	if (!arena_open() || size > SECRET_ARENA_SIZE - state.used)
		return NULL;
	room = state.arena + state.used;
	state.used += size;
	return room;
}

void
secret_give_back(char *room)
{
	size_t start = (size_t)(room - state.arena);

	explicit_bzero(room, state.used - start);
	state.used = start;
}

const char *
secret_store(struct slice octets)
{
	char *copy;

	if (octets.len >= SECRET_ARENA_SIZE)
		return NULL;
	copy = secret_room(octets.len + 1);
	if (copy == NULL)
		return NULL;
	if (octets.len)
		memcpy(copy, octets.ptr, octets.len);
	copy[octets.len] = '\0';
	return copy;
}

const char *
secret_take_env(const char *name)
{
	char *value = getenv(name);
	const char *kept;

	if (value == NULL)
		return NULL;
	kept = secret_store(slice_from(value));
	explicit_bzero(value, strlen(value));
	(void)unsetenv(name); /* only a bad name fails */
	return kept;
}

void
secret_inherit(bool yes)
{
	if (state.arena)
		(void)madvise(state.arena, SECRET_ARENA_SIZE,
		    yes ? MADV_KEEPONFORK : MADV_WIPEONFORK);
}

void
secret_wipe(void)
{
	if (state.arena) {
		explicit_bzero(state.arena, state.used);
		/* the pages go too: a session lives long without them */
		(void)munlock(state.arena, SECRET_ARENA_SIZE);
		(void)madvise(state.arena, SECRET_ARENA_SIZE, MADV_DONTNEED);
	}
	state.used = 0;
}

__attribute__((noinline)) void
secret_wipe_stack(void)
{
	char below[STACK_WIPED];

	explicit_bzero(below, sizeof below);
}
