/* The settings themselves, a file of rows for each subject.  A row is: field,
 * default and bounds, choices, the predecessor's variable, section, help. */
#include "common/account/account_config.h"
#include "common/svc/settings_table.h"

/* clang-format off */

/* The field's place; does not compile when the field is of another type. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type is an argument */
#define AT(field, type) \
	(offsetof(struct settings, field) + 0 * sizeof(_Generic( \
	((struct settings *)0)->field, type : 0)))
/* NOLINTEND(bugprone-macro-parentheses) */

/* What rows of each kind begin with. */
#define BOOL(f, initial) #f, SETTING_BOOL, AT(f, bool), initial, 0, 0
#define NUMBER(f, kind, initial, min, max) \
	#f, SETTING_##kind, AT(f, int64_t), initial, min, max
#define INT(f, initial, min, max) NUMBER(f, INT, initial, min, max)
#define SIZE(f, initial, min, max) NUMBER(f, SIZE, initial, min, max)
#define TIME(f, initial, min, max) NUMBER(f, TIME, initial, min, max)
#define WORDS(f, kind, initial, need) \
	#f, SETTING_##kind, AT(f, const char *), initial, need, 0
#define TEXT(f, initial) WORDS(f, TEXT, initial, 0)
#define NEEDED_TEXT(f, initial) WORDS(f, TEXT, initial, 1)
#define HOST(f, initial) WORDS(f, HOST, initial, 0)
#define SCORE(f, initial) WORDS(f, SCORE, initial, 0)
#define VERDICT(f, initial) WORDS(f, VERDICT, initial, 1)
#define ENUM(f, initial) WORDS(f, ENUM, initial, 1)
#define PATH(f, initial) WORDS(f, PATH, initial, 0)
#define NEEDED_PATH(f, initial) WORDS(f, PATH, initial, 1)
#define QUERY(f, initial) WORDS(f, QUERY, initial, 0)
#define NEEDED_QUERY(f, initial) WORDS(f, QUERY, initial, 1)
#define SECRET(f) WORDS(f, SECRET, "", 0)

#define KIB (1LL << 10)
#define MIB (1LL << 20)
#define GIB (1LL << 30)
#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define GENERAL "General"
#define ACCOUNTS "Accounts"
#define QUERIES "Queries"
#define LOGINS "Logins"
#define MAIL "Mail on disk"
#define TLS "TLS"
#define SMTP "SMTP"
#define STRANGERS "Strangers"
#define SUBMISSION "Submission"
#define SPAM "Spam"
#define FILTERS "Other filters"
#define ACCESS "POP3 and IMAP"
#define INIT "Listening"
#define QUEUE "Queue"

#define NAMES "und"         /* letters of a query about an address */
#define QUOTA_NAMES "undbm" /* and of the one that adds to the quota */
#define PATH_NAMES "undh"

const struct setting settings_table[] = {
#include "common/svc/settings_general.inc"
#include "common/svc/settings_accounts.inc"
#include "common/svc/settings_mail.inc"
#include "common/svc/settings_smtp.inc"
#include "common/svc/settings_checks.inc"
#include "common/svc/settings_rates.inc"
#include "common/svc/settings_submission.inc"
#include "common/svc/settings_queue.inc"
#include "common/svc/settings_content.inc"
#include "common/svc/settings_access.inc"
#include "common/svc/settings_listening.inc"
};
/* clang-format on */

const size_t settings_count = sizeof settings_table / sizeof settings_table[0];
