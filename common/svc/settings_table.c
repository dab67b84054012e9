/* The settings themselves.  A row is: field, default and bounds, choices, the
 * predecessor's variable, section, help. */
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
#define SPAM "Spam"
#define ACCESS "POP3 and IMAP"
#define INIT "Listening"

#define NAMES "und"         /* letters of a query about an address */
#define QUOTA_NAMES "undbm" /* and of the one that adds to the quota */
#define PATH_NAMES "undh"

const struct setting settings_table[] = {
	{ HOST(hostname, ""), NULL, "HOSTNAME", GENERAL,
	    "The name of this server, in greetings, in Received lines and in "
	    "the names of message files.  Empty: the machine's own name." },
	{ NEEDED_PATH(runtime_dir, "/run/njiwa"), NULL, NULL, GENERAL,
	    "The folder for sockets and other things that do not outlive a "
	    "restart." },
	{ ENUM(log, "auto"), "auto journal syslog stderr none", NULL, GENERAL,
	    "Where the log goes.  With auto it is the journal when there is "
	    "one, standard error when that is not the client's connection, "
	    "and else syslog." },
	{ ENUM(log_level, "info"), "error warning info debug", NULL, GENERAL,
	    "The least important lines that are still logged." },
	{ ENUM(sandbox, "on"), "on require off", NULL, GENERAL,
	    "Whether the programs confine themselves (Landlock, seccomp).  "
	    "With on they do what the kernel can and log what it cannot; with "
	    "require they refuse to run where it cannot; off is for finding "
	    "faults." },
	{ NEEDED_PATH(libexec_dir, NJIWA_LIBEXEC_DIR), NULL, NULL, GENERAL,
	    "The folder that holds the programs that are run by others." },

	{ TEXT(mysql_host, ""), NULL, "MYSQL_HOST", ACCOUNTS,
	    "The MySQL or MariaDB server that holds the accounts.  Several, "
	    "separated by blanks, are tried in turn.  Empty: the accounts are "
	    "in the SQLite file." },
	{ TEXT(mysql_user, "root"), NULL, "MYSQL_USER", ACCOUNTS,
	    "The name to log in to that server with." },
	{ SECRET(mysql_password), NULL, "MYSQL_PASS", ACCOUNTS,
	    "The password of that name." },
	{ TEXT(mysql_database, "mail"), NULL, "MYSQL_DATABASE", ACCOUNTS,
	    "The database that has the tables." },
	{ PATH(mysql_socket, ""), NULL, NULL, ACCOUNTS,
	    "The socket of a server on this machine, used when mysql_host is "
	    "localhost.  Empty: where the client library looks for it." },
	{ ENUM(mysql_tls, "off"), "off on verify", NULL, ACCOUNTS,
	    "Whether the connection to the server is encrypted, and whether "
	    "the server's certificate and name are verified." },
	{ PATH(mysql_tls_ca, ""), NULL, NULL, ACCOUNTS,
	    "The file of the authorities that may have signed the server's "
	    "certificate.  Empty: those that the system trusts." },
	{ INT(mysql_port, "3306", 1, 65535), NULL, "MYSQL_PORT", ACCOUNTS,
	    "The port of the server." },
	{ TIME(mysql_connect_timeout, "5s", SECOND, 5 * MINUTE), NULL, NULL,
	    ACCOUNTS,
	    "How long a connection to one server may take." },
	{ TIME(mysql_query_timeout, "30s", SECOND, 10 * MINUTE), NULL, NULL,
	    ACCOUNTS,
	    "How long the answer to one query may take." },
	{ NEEDED_PATH(sqlite_file, "/var/lib/njiwa/njiwa.db"), NULL, NULL,
	    ACCOUNTS,
	    "The SQLite file that holds the accounts when mysql_host is "
	    "empty." },
	{ PATH(host_list, "/srv/haraka/config/host_list"), NULL, NULL, ACCOUNTS,
	    "A file of local domains, one a line.  A domain is local when it "
	    "is there or when domain_query finds it.  The file need not "
	    "exist; empty: none." },
	{ ENUM(drop_policy, "reject"), "reject discard", NULL, ACCOUNTS,
	    "What happens to mail for an address whose forwarder row says "
	    "drop: it is refused at the address, or accepted and "
	    "forgotten." },
	{ PATH(account_socket, "/run/njiwa/account.sock"), NULL, NULL, ACCOUNTS,
	    "The socket of njiwa-accountd, which answers for the database.  "
	    "When nobody listens there, each connection starts one of its "
	    "own." },
	{ TIME(account_idle, "5m", 0, DAY), NULL, NULL, ACCOUNTS,
	    "How long njiwa-accountd stays without a client before it ends, "
	    "to be started by its socket again.  0: it stays." },
	{ INT(account_workers, "4", 1, 64), NULL, NULL, ACCOUNTS,
	    "How many processes of njiwa-accountd check passwords and ask the "
	    "database at the same time." },
	{ TIME(account_timeout, "1m", SECOND, 10 * MINUTE), NULL, NULL,
	    ACCOUNTS,
	    "How long one answer of njiwa-accountd may take." },

	{ NEEDED_QUERY(user_query, "SELECT name, home, uid, gid, quota, domain "
	    "FROM users WHERE name = %n AND domain = %d"),
	    NAMES, NULL, QUERIES,
	    "Finds a mailbox.  Columns: the login name (without an @ the "
	    "domain is added), the home folder, uid, gid, the quota in MB "
	    "as text, and the domain.  A row whose login name has no @ "
	    "counts only when it and the domain are those asked for, in "
	    "upper or lower case; a query without that column finds no "
	    "mailbox in a domain that is not ASCII.  With two more, octets "
	    "and messages, quota_query is not asked, which saves one question "
	    "a message." },
	{ NEEDED_QUERY(password_query, "SELECT name, password, domain "
	    "FROM users WHERE name = %n AND domain = %d"),
	    NAMES, NULL, QUERIES,
	    "Finds a password.  Columns: the login name as above, the "
	    "password's hash, and the domain, likewise." },
	{ QUERY(alias_query, ACCOUNT_ALIAS_QUERY), NAMES, NULL, QUERIES,
	    "Finds an alias.  Columns: the action (alias or drop), and the "
	    "addresses, separated by |.  Empty: there are no aliases, nor "
	    "with the default in a database that has no such table and that "
	    "was never migrated." },
	{ QUERY(domain_query, ""), NAMES, NULL, QUERIES,
	    "Any row means that the domain is local.  Empty: a domain that is "
	    "in the table domains (see njiwa(8)) or has a row in users." },
	{ NEEDED_QUERY(quota_query, "SELECT bytes, messages "
	    "FROM quota WHERE username = %u"), NAMES, NULL, QUERIES,
	    "Finds how full a mailbox is.  Columns: octets and messages.  No "
	    "row means that it is empty." },
	{ QUERY(quota_update, ""), QUOTA_NAMES, NULL, QUERIES,
	    "Adds %b octets and %m messages, which may be negative, to the "
	    "use of %u, and makes the row when there is none.  Empty: the "
	    "database driver's own statement on the table quota." },

	{ BOOL(rehash, "no"), NULL, NULL, LOGINS,
	    "Whether a weak hash of a password is replaced by a strong one "
	    "after a successful login, where the column is wide enough." },
	{ ENUM(rehash_scheme, "$y$"), "$y$ $2b$ $6$ $5$", NULL, LOGINS,
	    "The kind of the strong hash: yescrypt, bcrypt, SHA-512 or "
	    "SHA-256." },
	{ TIME(login_delay, "2s", 0, MINUTE), NULL, NULL, LOGINS,
	    "How long the answer to a failed login is held back." },
	{ INT(login_tries, "3", 1, 100), NULL, NULL, LOGINS,
	    "How many logins may fail in one connection before it is "
	    "closed." },
	{ BOOL(login_plaintext, "no"), NULL, NULL, LOGINS,
	    "Whether a client that is not on this machine may log in without "
	    "TLS." },

	{ NEEDED_PATH(mail_location, "/data/%d/%n/Maildir"), PATH_NAMES, NULL,
	    MAIL,
	    "A user's Maildir: %u is the whole address, %n what is before "
	    "the @, %d the domain (here and in %u in lower case, whatever the "
	    "row has), %h the home folder of the row." },
	{ PATH(mail_root, ""), NULL, NULL, MAIL,
	    "The folder that has all mail below it.  The programs confine "
	    "themselves to it.  Where this is empty it is the part of "
	    "mail_location before its first %.  The units of systemd may "
	    "write to /data; for another folder see njiwa-init(8)." },
	{ INT(mail_uid, "8", -1, 4294967294), NULL, NULL, MAIL,
	    "The user who owns all mail.  -1: each mailbox belongs to the uid "
	    "of its row." },
	{ INT(mail_gid, "8", -1, 4294967294), NULL, NULL, MAIL,
	    "The group that owns all mail.  -1: the gid of the row." },
	{ INT(first_valid_uid, "1", 1, 4294967294), NULL, NULL, MAIL,
	    "A row with a lower uid is refused when mail_uid is -1." },
	{ BOOL(fsync, "yes"), NULL, NULL, MAIL,
	    "Whether a message is on the disk, not only in the machine's "
	    "memory, before it is said to be accepted.  Turn it off for "
	    "tests only." },
	{ TEXT(quota_ignore, "Sent"), NULL, NULL, MAIL,
	    "The folder whose messages do not count against the quota.  "
	    "Empty: all count." },
	{ NEEDED_TEXT(quota_message, "Sorry, the mailbox of %u has exceeded "
	    "the limit. Please consider deleting e-mails to free space."),
	    NULL, NULL, MAIL,
	    "What a sender is told when the mailbox of %u is full." },
	{ TEXT(subaddress_delimiter, ""), NULL, NULL, MAIL,
	    "Mail for name+detail goes to name when this is + and no row has "
	    "the whole name.  Empty: there are no such addresses." },

	{ NEEDED_PATH(tls_key, "/tls/tls_key.pem"), NULL, NULL, TLS,
	    "The private key, in PEM.  When it or the certificate is missing "
	    "TLS is not offered." },
	{ NEEDED_PATH(tls_cert, "/tls/tls_cert.pem"), NULL, NULL, TLS,
	    "The certificate, in PEM, followed by those that lead to its "
	    "authority." },
	{ SECRET(tls_key_password), NULL, "SSL_KEY_PASSWORD", TLS,
	    "The password of the private key." },
	{ NEEDED_TEXT(tls_priority, "NORMAL:-VERS-ALL:+VERS-TLS1.3:"
	    "+VERS-TLS1.2:-RSA"), NULL, NULL, TLS,
	    "Versions and algorithms, as a priority string of GnuTLS." },
	{ TIME(tls_handshake_timeout, "30s", SECOND, 5 * MINUTE), NULL, NULL,
	    TLS,
	    "How long a handshake may take in all." },

	{ SIZE(smtp_max_message_size, "25M", 64 * KIB, 2 * GIB), NULL, NULL,
	    SMTP,
	    "The largest message that is accepted, announced by SIZE." },
	{ INT(smtp_max_recipients, "100", 100, 1000), NULL, NULL, SMTP,
	    "Recipients of one message from a stranger." },
	{ INT(smtp_max_recipients_login, "1000", 100, 1000), NULL, NULL, SMTP,
	    "Recipients of one message from a user who logged in." },
	{ INT(smtp_max_errors, "10", 1, 1000), NULL, NULL, SMTP,
	    "Wrong commands before the connection is closed." },
	{ INT(smtp_max_hops, "100", 10, 1000), NULL, NULL, SMTP,
	    "Received lines in a message above which it is in a loop." },
	{ INT(smtp_max_header_lines, "1000", 100, 100000), NULL, NULL, SMTP,
	    "Lines of a message's header." },
	{ TIME(smtp_command_timeout, "5m", SECOND, HOUR), NULL, NULL, SMTP,
	    "How long the next command may take to come." },
	{ TIME(smtp_data_timeout, "10m", SECOND, 6 * HOUR), NULL, NULL, SMTP,
	    "How long a message may take to come, the time that "
	    "smtp_data_min_rate gives it on top." },
	{ INT(smtp_data_min_rate, "500", 0, GIB), NULL, NULL, SMTP,
	    "Octets a second that a message must come with.  0: only "
	    "smtp_data_timeout counts." },
	{ INT(smtp_max_messages, "1000", 1, 1000000), NULL, NULL, SMTP,
	    "Messages in one connection." },
	{ TEXT(smtp_banner, ""), NULL, NULL, SMTP,
	    "Words after the host name in the greeting." },
	{ BOOL(smtp_add_delivered_to, "no"), NULL, NULL, SMTP,
	    "Whether a Delivered-To line with the recipient is added to each "
	    "copy of a message." },

	{ TEXT(spamd, ""), NULL, NULL, SPAM,
	    "Where SpamAssassin's spamd listens: host:port, or the path of a "
	    "socket.  Empty: it is not asked." },
	{ TEXT(spam_command, ""), NULL, NULL, SPAM,
	    "A command that reads a message and writes it with its verdict, "
	    "such as spamc, used when spamd is empty." },
	{ TIME(spamd_timeout, "1m", SECOND, 10 * MINUTE), NULL, NULL, SPAM,
	    "How long the verdict on one message may take." },
	{ SIZE(spam_max_size, "500k", KIB, GIB), NULL, NULL, SPAM,
	    "A larger message is not looked at." },
	{ TEXT(spam_user, "%u"), NULL, NULL, SPAM,
	    "The user whose preferences count: %u is the recipient when "
	    "there is exactly one." },
	{ SCORE(spam_tag_score, "5"), NULL, NULL, SPAM,
	    "The score from which a message is marked as spam.  Empty: "
	    "never." },
	{ SCORE(spam_reject_score, ""), NULL, NULL, SPAM,
	    "The score from which a message is refused.  Empty: never." },
	{ TEXT(spam_subject_prefix, "*** SPAM ***"), NULL, NULL, SPAM,
	    "What is put before the subject of a message that is marked as "
	    "spam.  Empty: nothing." },
	{ TEXT(spam_folder, ""), NULL, NULL, SPAM,
	    "The folder for messages that are marked as spam.  Empty: the "
	    "inbox." },
	{ ENUM(spam_unavailable, "accept"), "accept defer", NULL, SPAM,
	    "What happens to a message when there is no verdict: it is "
	    "accepted and marked as not checked, or the sender is asked to "
	    "come back." },

	{ TIME(pop3_idle_timeout, "10m", 10 * SECOND, DAY), NULL, NULL, ACCESS,
	    "How long a POP3 session may be silent.  The standard asks for 10 "
	    "minutes." },
	{ TIME(imap_idle_timeout, "30m", 10 * SECOND, 7 * DAY), NULL, NULL,
	    ACCESS,
	    "How long an IMAP session may be silent, but for IDLE.  The "
	    "standard asks for 30 minutes." },
	{ TIME(login_timeout, "3m", SECOND, HOUR), NULL, NULL, ACCESS,
	    "How long a client may take to log in, all in all." },
	{ SIZE(imap_max_line, "64k", 8 * KIB, MIB), NULL, NULL, ACCESS,
	    "The longest IMAP command, its literals left out." },
	{ SIZE(imap_append_max, "50M", 64 * KIB, 2 * GIB), NULL, NULL, ACCESS,
	    "The largest message that APPEND takes." },
	{ INT(imap_max_errors, "20", 1, 1000), NULL, NULL, ACCESS,
	    "Wrong commands before the connection is closed." },
	{ TIME(imap_idle_keepalive, "2m", 10 * SECOND, HOUR), NULL, NULL,
	    ACCESS,
	    "How often a client in IDLE is told that the server is still "
	    "there." },
	{ SIZE(session_memory, "256M", 16 * MIB, 16 * GIB), NULL, NULL, ACCESS,
	    "The memory that one session may take." },

	{ NEEDED_TEXT(listen, "mx=*:25 submission=*:587 submissions=*:465 "
	    "pop3=*:110 pop3s=*:995 imap=*:143 imaps=*:993"), NULL, NULL, INIT,
	    "The services of njiwa-init, separated by blanks: service, =, "
	    "address, :, port.  An address of * is every one of the machine; "
	    "one of IPv6 stands in brackets." },
	{ TEXT(timers, ""), NULL, NULL, INIT,
	    "Commands that njiwa-init runs again and again, separated by "
	    "semicolons: name, =, period, :, path and arguments." },
	{ INT(max_connections, "1000", 1, 100000), NULL, NULL, INIT,
	    "Connections that njiwa-init serves at a time." },
	{ INT(max_connections_per_ip, "50", 1, 100000), NULL, NULL, INIT,
	    "Of those, connections from one address (of IPv6: from one /64)." },
	{ TIME(shutdown_grace, "30s", 0, HOUR), NULL, NULL, INIT,
	    "How long connections may go on after njiwa-init was told to "
	    "end." },
};
/* clang-format on */

const size_t settings_count = sizeof settings_table / sizeof settings_table[0];
