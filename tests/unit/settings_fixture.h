/* What tests of the settings share.  Never a test itself. */
#ifndef NJIWA_TESTS_SETTINGS_FIXTURE_H
#define NJIWA_TESTS_SETTINGS_FIXTURE_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/svc/settings_table.h"
#include "tests/unit/unit.h"

/* A settings_complain that appends the line to the str ctx. */
static inline void
collect(void *ctx, const char *line)
{
	struct str *all = ctx;

	str_append_cstr(all, line);
	str_append_char(all, '\n');
}

/* The value of the setting called name. */
static inline void
value_of(const struct settings *settings, const char *name, struct str *out)
{
	const struct setting *row = settings_find(slice_from(name));

	assert_non_null(row);
	settings_print(settings, row, out);
}

/* A folder for files of a test, and one file in it. */
struct place {
	char folder[64];
	char file[96];
};

static inline void
place_make(struct place *place, const char *text)
{
	struct err err;

	strcpy(place->folder, "/tmp/njiwa-settings.XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(
	    place->file, sizeof place->file, "%s/conf", place->folder);
	assert_int_equal(fileio_replace(AT_FDCWD, place->file, slice_from(text),
			     0600, false, &err),
	    0);
}

static inline void
place_remove(struct place *place)
{
	assert_int_equal(unlink(place->file), 0);
	assert_int_equal(rmdir(place->folder), 0);
}

#endif
