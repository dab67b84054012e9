/* Whether files are still those that were read: for processes that live longer
 * than one reading of the settings.  Never reads them itself. */
#ifndef NJIWA_SVC_SETTINGS_FRESH_H
#define NJIWA_SVC_SETTINGS_FRESH_H

#include <stdbool.h>
#include <sys/stat.h>

/* A file as it was at one time. */
struct settings_stamp {
	const char *path; /* borrowed */
	bool there;
	struct stat was;
};

/* Takes a stamp of the file that path names now. */
void settings_stamp_take(struct settings_stamp *ret_stamp, const char *path);

/* The same of a file that is open, or, with fd -1, could not be: of the
 * descriptor, for the name may be another file's by now. */
void settings_stamp_of(
    struct settings_stamp *ret_stamp, const char *path, int fd);

/* Does path still name that file, unchanged (or still none)? */
bool settings_stamp_holds(const struct settings_stamp *stamp);

/* For the loader: begins anew, then remembers that a file was read, or, with
 * fd -1, that there was none. */
void settings_fresh_begin(void);
void settings_fresh_note(const char *path, int fd);

/* Are all files that the last settings_load has read, secrets of their own
 * included, still what they were?  Credentials of systemd, which do not change
 * while a service runs, are not looked at. */
bool settings_fresh(void);

#endif
