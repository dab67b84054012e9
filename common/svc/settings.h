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
	const char *log;              /* auto, journal, syslog, stderr, none */
	const char *log_level;        /* error, warning, info, debug */
	const char *sandbox;          /* on, require, off */
	const char *libexec_dir;      /* where the programs are */
	const char *proxy_networks;   /* who sends a PROXY header */
	const char *xclient_networks; /* whose XCLIENT is believed */
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
	const char *domain_alias_query;
	const char *quota_query;
	const char *quota_update;
	const char *disabled_query;
	const char *scram_query;
	const char *sender_query;
	const char *host_list;   /* file of local domains, "" for none */
	const char *drop_policy; /* reject, discard */
	const char *alias_order; /* mailbox, alias: which goes first */
	const char *account_socket;
	bool account_fallback;
	int64_t account_idle; /* njiwa-accountd ends itself after */
	int64_t account_workers;
	int64_t account_timeout;
	bool rehash;
	const char *rehash_scheme; /* crypt prefix, "$y$" */
	int64_t login_delay;       /* after a failed login */
	int64_t login_delay_max;   /* before one, where others failed */
	int64_t login_tries;       /* failed ones in a connection */
	bool scram;                /* SCRAM-SHA-256 is offered */
	bool scram_store;          /* keys are made at a login by password */
	int64_t scram_iterations;
	const char *login_plaintext; /* logins without TLS: no, yes, never */
	/* mail on disk */
	const char *mail_location; /* /data/%d/%n/Maildir */
	const char *mail_root;     /* folder that the programs may touch; ""
				    * only after a complaint */
	int64_t mail_uid;          /* owner of all mail; -1: the row's */
	int64_t mail_gid;
	int64_t first_valid_uid;
	bool fsync;
	bool index;
	const char *index_dir; /* "": beside the mail */
	int64_t index_size;
	const char *expire_folders; /* folder=days, ... */
	const char *quota_ignore;   /* folder that does not count */
	const char *quota_message;
	const char *quota_full;           /* reject, defer */
	int64_t quota_grace;              /* percent, for the last message */
	int64_t quota_messages;           /* of a mailbox; 0: any number */
	const char *subaddress_delimiter; /* its octets; "" for none */
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
	/* strangers; VERDICT: off, log, junk, defer, reject, or a score */
	const char *trusted_networks;
	const char *stranger_reject_score; /* "" for never */
	const char *stranger_junk_score;
	int64_t smtp_greeting_delay;
	const char *check_early_talker;
	const char *check_helo_identity;
	const char *check_helo_syntax;
	const char *check_reverse_dns;
	const char *check_helo_dns;
	const char *check_sender_domain;
	const char *dnsbl;
	const char *dns_servers; /* "" for those of resolv.conf */
	int64_t dns_timeout;
	int64_t dns_cache_time;
	bool check_loopback;
	bool dnsbl_text;
	/* what an address, a network may do; 0: anything */
	int64_t rate_connections, rate_connections_network; /* a minute */
	int64_t rate_messages, rate_messages_network;       /* an hour */
	int64_t rate_unknown, rate_unknown_network;         /* an hour */
	int64_t rate_slots;
	const char *greylist; /* off, on, suspicious */
	int64_t greylist_delay, greylist_window, greylist_expire;
	int64_t greylist_auto;      /* triplets that free a network */
	const char *greylist_score; /* that makes suspicious */
	int64_t smtp_soft_errors, smtp_error_delay;
	const char *bare_newline; /* reject, normalize */
	/* submission */
	const char *sender_policy;          /* strict, log, off */
	const char *submission_from_policy; /* strict, log, off */
	int64_t submission_max_per_hour;    /* recipients of a user; 0: any */
	int64_t submission_max_per_day;
	bool submission_hide_client; /* in Received */
	bool submission_show_user;   /* likewise */
	bool submission_add_sender;  /* Sender, where From is another's */
	/* queue */
	const char *spool_dir;
	int64_t queue_min_backoff;
	int64_t queue_max_backoff;
	int64_t queue_lifetime;
	int64_t queue_delay_warning; /* 0: never */
	int64_t queue_interval;      /* njiwa-init's; 0: never */
	/* spam */
	const char *spamd;        /* "", host:port, or /path of a socket */
	const char *spam_command; /* "" or a command such as spamc */
	int64_t spamd_timeout;
	int64_t spam_max_size;
	const char *spam_user; /* %u: the recipient when there is one */
	bool spam_feedback;
	const char *spam_tag_score;    /* "5" */
	const char *spam_junk_score;   /* likewise */
	const char *spam_reject_score; /* "" for never */
	bool spam_add_stranger_score;
	const char *spam_subject_prefix;
	const char *spam_folder;      /* "" leaves it in INBOX */
	const char *spam_unavailable; /* accept, defer */
	const char *spam_query;       /* "" for no preferences */
	/* other filters */
	const char *filters_mx; /* words: milters clamd commands spam, names */
	const char *filters_submission;
	const char *filters_lmtp;
	const char *content_commands; /* common/svc/content/pipe_list.h */
	int64_t content_command_timeout;
	int64_t content_command_max_size;
	const char *content_command_default_action; /* tempfail, accept, ... */
	int64_t content_command_uid;                /* -1: as mail_uid */
	int64_t content_command_gid;
	const char *clamd; /* "", host:port, or /path of a socket */
	int64_t clamd_timeout;
	int64_t clamd_max_size;
	const char *clamd_unavailable; /* defer, accept */
	const char *milters;           /* proto/milter_list.h */
	const char *milter_contact;    /* mail, helo, connect */
	int64_t milter_connect_timeout;
	int64_t milter_command_timeout;
	int64_t milter_content_timeout;
	const char *milter_default_action; /* tempfail, accept, ... */
	const char *quarantine_folder;
	/* POP3 and IMAP */
	int64_t max_sessions_per_user; /* of a service; 0: any number */
	int64_t pop3_idle_timeout;
	int64_t imap_idle_timeout;
	int64_t login_timeout; /* whole time before login */
	int64_t imap_max_line;
	int64_t imap_append_max;
	int64_t imap_max_errors;
	int64_t imap_idle_keepalive;
	const char *separator;   /* "." or "/", of mailbox names */
	bool imap_literal_minus; /* LITERAL- in the place of LITERAL+ */
	const char *imap_drafts; /* names of folders, "" for none */
	const char *imap_sent;
	const char *imap_junk;
	const char *imap_trash;
	const char *imap_archive;
	bool imap_make_folders; /* at a user's first login */
	int64_t session_memory; /* limit of a session's data segment */
	/* njiwa-init */
	const char *listen; /* services and addresses, see njiwa-init(8) */
	const char *timers; /* commands run again and again, likewise */
	int64_t max_connections;
	int64_t max_connections_per_ip;
	int64_t shutdown_grace;
	bool stem; /* fork connections from a warmed process */
	int64_t stem_connections;
	int64_t stem_lifetime;
};

enum settings_secrets {
	SETTINGS_NO_SECRETS,      /* leave them "" */
	SETTINGS_TLS_SECRET,      /* the password of the TLS key alone */
	SETTINGS_DATABASE_SECRET, /* that of the database alone */
	SETTINGS_CHECK_SECRETS    /* all, to see whether they are there; of a
				   * credential that only a service has that is
				   * told, and is no mistake */
};

/* Gets one line without its end: where, what is wrong, the nearest name. */
typedef void settings_complain(void *ctx, const char *line);

/*
 * Reads defaults, then the file (path, or NJIWA_CONFIG, or the installed one;
 * a missing installed one is fine), then the environment (the predecessor's
 * names and NJIWA_<NAME>).  A secret's value may be `file:PATH` or
 * `credential:NAME` (systemd).  A wrong value leaves the default and calls
 * complain (may be NULL).  The number of mistakes, or -errno when the file
 * cannot be read; the settings are complete in any case.
 */
int settings_load(const char *path, enum settings_secrets secrets,
    struct settings *ret_settings, settings_complain *complain, void *ctx);

/* Frees the texts of settings.  Programs that live as long as their settings
 * need not. */
void settings_release(struct settings *settings);

/* The path that settings_load would read. */
const char *settings_path(const char *path);

/* The "NAME=value" strings of the secrets that settings_load took out of the
 * environment, NULL-ended: for the environment of a spawned program that needs
 * them.  They are in the arena: gone after secret_wipe(), and in a forked child
 * unless secret_inherit(true) was said before. */
const char *const *settings_secret_env(void);

/* Expands %u (whole address), %n (local part), %d (domain), %h (home) and %%
 * in template, appended to out; of an address the domain in lower case, the
 * local part as it is.  False, and out as it was, when a value is not
 * safe as a path component (empty, '/' or a control character in it, '.' in
 * front; for home: not absolute, or a component "." or ".."), when % is
 * followed by anything else, or when the path is too long. */
bool settings_expand_path(
    const char *template, struct slice user, const char *home, struct str *out);

#endif
