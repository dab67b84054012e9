/* Inside settings.c and its file, environment and secrets: what one load
 * knows.  Never seen by anybody else. */
#ifndef NJIWA_SVC_SETTINGS_LOAD_H
#define NJIWA_SVC_SETTINGS_LOAD_H

#include "common/svc/settings_table.h"

#define SETTINGS_FILE_MAX 32768  /* octets of the file */
#define SETTINGS_SECRET_MAX 8192 /* octets of a secret's own file */

struct loading {
	struct settings *settings;
	enum settings_secrets secrets;
	settings_complain *complain;
	void *ctx;
	int mistakes;
};

/* Counts a mistake and tells it: "WHERE: PROBLEM". */
void loading_complain(
    struct loading *load, const char *where, const char *problem);

/* Tells "WHERE: NOTE", which is no mistake. */
void loading_note(struct loading *load, const char *where, const char *note);

/* Sets the row to text, whatever its type; complains when it cannot. */
void loading_set(struct loading *load, const struct setting *row,
    const char *where, const char *text);

/* Sets the row of a secret to what text means, in the arena, where it is one
 * that is to be read.  False when it cannot, with problem filled. */
bool loading_secret(struct loading *load, const struct setting *row,
    const char *text, struct str *problem);

/* Reads the file's text into the settings; name is for complaints. */
void loading_text(struct loading *load, const char *name, struct slice text);

/* Takes what the environment sets. */
void loading_environment(struct loading *load);

/* Reads the file at path into the arena, with room for a NUL behind it; NULL
 * with errno set.  The caller wipes it. */
char *loading_read(int dirfd, const char *path, size_t max, size_t *ret_len);

#endif
