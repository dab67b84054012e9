/* The SMTP front without a network and without a keeper: input from memory,
 * output to memory, and a keeper that answers by the address's local part.
 * For the unit test and the fuzz target; never linked with libsvc. */
#ifndef NJIWA_TESTS_UNIT_SMTPD_FAKE_H
#define NJIWA_TESTS_UNIT_SMTPD_FAKE_H

#include "cmd/smtpd/front/session.h"

/*
 * Recipients at test.dev (the keeper's word): a, b, c: mailboxes; full: over
 * quota; drop: dropped; gone: discarded; temp: cannot look; many: too many;
 * disk: a mailbox on a full disk; broken: a mailbox that cannot be written.
 * Everything else there is unknown, other domains are not ours.  The password
 * of everybody is "secret", but nobody@test.dev's login cannot be checked.
 */
struct fake {
	struct settings settings;
	struct peer peer;
	struct front front;
	struct slice input; /* what the client still has to say */
	size_t chunk;       /* octets of one read */
	int timeout;        /* 1: the client falls silent at the end */
	struct str output;
	struct str stored; /* all committed messages, each ended by "=== \n" */
	struct str said;   /* MAIL and RCPT as the keeper has heard them */
	struct str each;   /* outcomes of accepted recipients, an octet each */
	struct slice kept; /* what an earlier front found about the client */
	struct str carry;  /* left for the front after STARTTLS */
	size_t commits;
	size_t logins;
	bool logged_in;
	bool remote_front; /* the connection is not local */
	bool filter;       /* there is a spam filter to be had */
	size_t recipients;
	bool mail, discards, disk, broken, data;
	bool no_file; /* the disk is full when a file is asked for */
	size_t files; /* that were */
	bool cramped; /* after an edit the file cannot grow */
	int file;
	struct slice milter; /* what each one says, in advance; NULL: none */
	int milter_end;
};

/* A fake with the defaults of the settings that the front reads. */
void fake_init(struct fake *f, const char *profile);
void fake_release(struct fake *f);

/* Runs the conversation with that input, chunk octets a read. */
void fake_run(struct fake *f, struct slice input, size_t chunk);

/* Appends what the client was told, with LF line ends; every line must have
 * had CRLF. */
void fake_lines(const struct fake *f, struct str *out);

/* Runs the conversation, ends the process unless the client was told exactly
 * out, and releases the fake. */
void fake_check(struct fake *f, const char *in, const char *out);

#endif
