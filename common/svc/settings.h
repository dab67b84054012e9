/* The settings: one file, one typed table (settings_table.c), environment.
 * Never keeps a secret outside the arena of base/secret.h. */
#ifndef NJIWA_SVC_SETTINGS_H
#define NJIWA_SVC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"

/* Times are milliseconds, sizes octets, texts never NULL. */
struct settings {
	/* general */
	const char *hostname;
	const char *runtime_dir;
	const char *log;         /* auto, journal, syslog, stderr, none */
	const char *log_level;   /* error, warning, info, debug */
	const char *sandbox;     /* on, require, off */
	const char *libexec_dir; /* where the programs are */
	/* accounts */
	const char *mysql_host; /* "" selects SQLite; several, by spaces */
	const char *mysql_user;
	const char *mysql_password; /* secret */
	const char *mysql_database;
	const char *mysql_socket;
	const char *mysql_tls; /* off, on, verify */
	const char *mysql_tls_ca;
	int64_t mysql_port;
	int64_t mysql_connect_timeout;
	int64_t mysql_query_timeout;
	const char *sqlite_file;
	const char *user_query;
	const char *password_query;
	const char *alias_query;
	const char *domain_query;
	const char *quota_query;
	const char *quota_update;
	const char *host_list;   /* file of local domains, "" for none */
	const char *drop_policy; /* reject, discard */
	const char *account_socket;
	int64_t account_idle; /* njiwa-accountd ends itself after */
	int64_t account_workers;
	int64_t account_timeout;
	bool rehash;
	const char *rehash_scheme; /* crypt prefix, "$y$" */
	int64_t login_delay;       /* after a failed login */
	int64_t login_tries;       /* failed ones in a connection */
	bool login_plaintext;      /* logins without TLS, beyond loopback */
	/* mail on disk */
	const char *mail_location; /* /data/%d/%n/Maildir */
	const char *mail_root;     /* folder that the programs may touch */
	int64_t mail_uid;          /* owner of all mail; -1: the row's */
	int64_t mail_gid;
	int64_t first_valid_uid;
	bool fsync;
	const char *quota_ignore; /* folder that does not count */
	const char *quota_message;
	const char *subaddress_delimiter; /* "" for none */
	/* TLS */
	const char *tls_key;
	const char *tls_cert;
	const char *tls_key_password; /* secret */
	const char *tls_priority;     /* GnuTLS priority string */
	int64_t tls_handshake_timeout;
	/* SMTP */
	int64_t smtp_max_message_size;
	int64_t smtp_max_recipients;       /* strangers */
	int64_t smtp_max_recipients_login; /* users */
	int64_t smtp_max_errors;
	int64_t smtp_max_hops;
	int64_t smtp_max_header_lines;
	int64_t smtp_command_timeout;
	int64_t smtp_data_timeout;  /* whole message at the minimum rate */
	int64_t smtp_data_min_rate; /* octets a second */
	int64_t smtp_max_messages;  /* in one connection */
	const char *smtp_banner;
	bool smtp_add_delivered_to;
	/* spam */
	const char *spamd;        /* "", host:port, or /path of a socket */
	const char *spam_command; /* "" or a command such as spamc */
	int64_t spamd_timeout;
	int64_t spam_max_size;
	const char *spam_user;         /* %u: the recipient when there is one */
	const char *spam_tag_score;    /* "5" */
	const char *spam_reject_score; /* "" for never */
	const char *spam_subject_prefix;
	const char *spam_folder;      /* "" leaves it in INBOX */
	const char *spam_unavailable; /* accept, defer */
	/* POP3 and IMAP */
	int64_t pop3_idle_timeout;
	int64_t imap_idle_timeout;
	int64_t login_timeout; /* whole time before login */
	int64_t imap_max_line;
	int64_t imap_append_max;
	int64_t imap_max_errors;
	int64_t imap_idle_keepalive;
	int64_t session_memory; /* limit of a session's data segment */
	/* njiwa-init */
	const char *listen; /* services and addresses, see njiwa-init(8) */
	const char *timers; /* commands run again and again, likewise */
	int64_t max_connections;
	int64_t max_connections_per_ip;
	int64_t shutdown_grace;
};

enum setting_type {
	SETTING_BOOL,
	SETTING_INT,
	SETTING_SIZE,
	SETTING_TIME,
	SETTING_TEXT,
	SETTING_ENUM,  /* one of the words in choices, separated by blanks */
	SETTING_QUERY, /* SQL with %u %n %d */
	SETTING_SECRET
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;       /* of the field in struct settings */
	const char *initial; /* default, as it would stand in the file */
	int64_t min, max;    /* of INT, SIZE and TIME */
	const char *choices; /* of ENUM */
	const char *env;     /* variable of the predecessor, or NULL */
	const char *section; /* heading in the documentation */
	const char *help;    /* one paragraph of mdoc text */
};

/* The table and its length. */
extern const struct setting settings_table[];
extern const size_t settings_count;

enum settings_secrets {
	SETTINGS_NO_SECRETS, /* leave them "": programs that talk to the network
			      */
	SETTINGS_WITH_SECRETS /* read them too, into the arena */
};

/*
 * Reads defaults, then the file (path, or NJIWA_CONFIG, or the installed one;
 * a missing installed one is fine), then the environment (the predecessor's
 * names and NJIWA_<NAME>).  A secret's value may be `file:PATH` or
 * `credential:NAME` (systemd).  Every mistake calls complain (may be NULL) with
 * a line that says where, what and the nearest valid name.  The number of
 * mistakes, or -errno when the file cannot be read.  The result lives as long
 * as the process.
 */
typedef void settings_complain(void *ctx, const char *line);
int settings_load(const char *path, enum settings_secrets secrets,
    struct settings *ret_settings, settings_complain *complain, void *ctx);

/* The path that settings_load would read. */
const char *settings_path(const char *path);

/* The value of a row as text, appended to out; secrets as "(set)" or "". */
void settings_print(const struct settings *settings, const struct setting *row,
    struct str *out);

/* Expands %u (whole address), %n (local part), %d (domain), %h (home) and %%
 * in template; false when a value is not safe as a path component (contains
 * '/' or NUL, is empty, "." or "..", or begins with '.'). */
bool settings_expand_path(
    const char *template, struct slice user, const char *home, struct str *out);

#endif
