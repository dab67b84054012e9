/* What other programs do to the Maildir of index_fixture.h, for tests of how
 * sessions meet it. */
#ifndef NJIWA_TESTS_FOREIGN_FIXTURE_H
#define NJIWA_TESTS_FOREIGN_FIXTURE_H

#include "tests/unit/index_fixture.h"

static inline void
get_times(struct fixture *f, const char *sub, struct timespec times[2])
{
	struct stat st;

	assert_int_equal(fstatat(f->store->root, sub, &st, 0), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
}

/* Flags the first message behind everybody's back: the folder's time tells
 * nothing. */
static inline void
flag_hidden(struct fixture *f, struct mailbox *mb)
{
	struct timespec times[2];

	get_times(f, "cur", times);
	foreign_rename(f, mb, 1, "F");
	assert_int_equal(utimensat(f->store->root, "cur", times, 0), 0);
}

/* Another's entry at the end of the list. */
static inline void
put_entry(struct fixture *f, unsigned uid, const char *base)
{
	FILE *list = fdopen(openat(f->store->root, "dovecot-uidlist",
				O_WRONLY | O_APPEND | O_CLOEXEC),
	    "a");

	assert_non_null(list);
	assert_true(fprintf(list, "%u :%s\n", uid, base) > 0);
	assert_int_equal(fclose(list), 0);
}

#endif
