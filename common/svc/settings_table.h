/* The table of settings: what each is called, may be and is for.  The manual
 * page and `njiwa config` are made from it.  Never holds a value. */
#ifndef NJIWA_SVC_SETTINGS_TABLE_H
#define NJIWA_SVC_SETTINGS_TABLE_H

#include "common/svc/settings.h"

enum setting_type {
	SETTING_BOOL,    /* yes or no */
	SETTING_INT,     /* from min to max */
	SETTING_SIZE,    /* octets from min to max: 25M */
	SETTING_TIME,    /* milliseconds from min to max: 5m */
	SETTING_TEXT,    /* printable; may be empty unless min is 1 */
	SETTING_HOST,    /* letters, digits, '.' and '-'; may be empty */
	SETTING_SCORE,   /* a decimal number kept as text, or empty */
	SETTING_VERDICT, /* off, log, junk, defer, reject, or a score */
	SETTING_ENUM,    /* one of the words in choices, separated by blanks */
	SETTING_PATH, /* absolute, or empty; % only before letters in choices */
	SETTING_QUERY, /* SQL; % only before letters in choices */
	SETTING_SECRET
};

#define SETTING_NAME_MAX 40 /* octets of a name, tested */

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;       /* of the field in struct settings */
	const char *initial; /* default, as it would stand in the file */
	int64_t min, max;
	const char *choices;
	const char *env;     /* variable of the predecessor, or NULL */
	const char *section; /* heading in the documentation */
	const char *help;    /* one paragraph of mdoc text */
};

/* The table and its length. */
extern const struct setting settings_table[];
extern const size_t settings_count;

/* The row called name, whatever the case of its letters; NULL when there is
 * none. */
const struct setting *settings_find(struct slice name);

/* The name nearest to a misspelt one, NULL when none is near. */
const char *settings_nearest(struct slice name);

/* The word nearest to a misspelt one in words (separated by blanks), a part of
 * words; empty when none is near. */
struct slice settings_nearest_word(struct slice word, const char *words);

/* Sets the row's field to text.  False, and the field as it was, when text is
 * no valid value: then the reason is appended to problem.  Not for secrets. */
bool settings_set(struct settings *settings, const struct setting *row,
    const char *text, struct str *problem);

/* The row's field as text that the file could hold, appended to out; of a
 * secret only "(set)" or nothing. */
void settings_print(const struct settings *settings, const struct setting *row,
    struct str *out);

/* The bounds of an INT, SIZE or TIME as "from 1s to 5m", appended to out;
 * nothing for other types. */
void settings_print_bounds(const struct setting *row, struct str *out);

/* As settings_load, from text instead of a file and without the environment;
 * complaints name it "text".  For tests. */
int settings_load_text(struct slice text, enum settings_secrets secrets,
    struct settings *ret_settings, settings_complain *complain, void *ctx);

#endif
