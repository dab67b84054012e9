/* A small arena for secrets: locked, kept out of core dumps, and empty in
 * every child unless a fork is told otherwise.  Never grows. */
#ifndef NJIWA_BASE_SECRET_H
#define NJIWA_BASE_SECRET_H

#include "common/base/slice.h"

#define SECRET_ARENA_SIZE 65536 /* octets, for all secrets and their files */

/* A NUL-terminated copy of octets in the arena; NULL when the arena is full. */
const char *secret_store(struct slice octets);

/* Raw room of size octets in the arena; NULL when it is full. */
char *secret_room(size_t size);

/* Overwrites room, which secret_room gave, and all that was stored after it,
 * and takes it back into the arena. */
void secret_give_back(char *room);

/* Moves the value of the environment variable into the arena and overwrites
 * it where it stood.  NULL when it is not set. */
const char *secret_take_env(const char *name);

/* Do children made from now on inherit the arena?  No at start. */
void secret_inherit(bool yes);

/* Overwrites the arena; what was stored in it is gone. */
void secret_wipe(void);

/* Overwrites the part of the stack below the caller, where library code may
 * have left pieces of what it parsed. */
void secret_wipe_stack(void);

#endif
