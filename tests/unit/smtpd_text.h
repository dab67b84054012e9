/* What an SMTP client says and is told, for the tables of the unit tests.
 * Never used outside them. */
#ifndef NJIWA_TESTS_UNIT_SMTPD_TEXT_H
#define NJIWA_TESTS_UNIT_SMTPD_TEXT_H

/* clang-format off */
#define HI "220 mx.test.dev ESMTP ready\n"
#define EHLO "EHLO me\r\n"
/* limits: RCPTMAX and MAILMAX; last: the line behind them, or none */
#define EHLO_TOLD(limits)                                                      \
	"250-mx.test.dev\n250-PIPELINING\n250-SIZE 65536\n250-8BITMIME\n"      \
	"250-SMTPUTF8\n250-ENHANCEDSTATUSCODES\n250-DSN\n250-CHUNKING\n"       \
	"250-BINARYMIME\n"                                                   \
	"250-HELP\n" limits
#define EHLO_MX EHLO_TOLD("250 LIMITS MAILMAX=3 RCPTMAX=3\n")
#define EHLO_LOGGED_IN EHLO_TOLD("250 LIMITS MAILMAX=3 RCPTMAX=4\n")
#define EHLO_SUBMISSION                                                        \
	EHLO_TOLD("250-LIMITS MAILMAX=3 RCPTMAX=3\n250 AUTH PLAIN LOGIN\n")
#define EHLO_TLS EHLO_TOLD("250-LIMITS MAILMAX=3 RCPTMAX=3\n250 STARTTLS\n")
#define START EHLO "MAIL FROM:<s@x.org>\r\n"
#define STARTED HI EHLO_MX "250 2.1.0 Sender ok\n"
#define RCPT_A "RCPT TO:<a@test.dev>\r\n"
#define RCPT_OK "250 2.1.5 Recipient ok\n"
#define GO "354 Go ahead, end with CRLF.CRLF\n"
#define QUEUED "250 2.0.0 Ok: queued as t1\n"
#define QUIT "QUIT\r\n"
#define BYE "221 2.0.0 Bye\n"
#define ORDER "503 5.5.1 Bad sequence of commands [t1]\n"
#define UNKNOWN "500 5.5.1 Command not recognized [t1]\n"
#define TEN_NOISES                                                             \
	"NOISE\r\nNOISE\r\nNOISE\r\nNOISE\r\nNOISE\r\n"                        \
	"NOISE\r\nNOISE\r\nNOISE\r\nNOISE\r\nNOISE\r\n"
#define TEN_UNKNOWN                                                            \
	UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN        \
	    UNKNOWN UNKNOWN
#define MESSAGE(text)                                                          \
	START RCPT_A "DATA\r\n" text "\r\n.\r\n" QUIT
#define MESSAGE_TOLD(reply) STARTED RCPT_OK GO reply BYE
#define AUTH_SECRET "AUTH PLAIN AGFAdGVzdC5kZXYAc2VjcmV0\r\n"
#define AUTH_WRONG "AUTH PLAIN AGFAdGVzdC5kZXYAd3Jvbmc=\r\n"
#define DENIED "535 5.7.8 User name or password is wrong [t1]\n"
#define WELCOME "235 2.7.0 Welcome\n"
#define HTTP "421 This is SMTP, not HTTP; closing [t1]\n"
#define EMPTY "421 An empty line is no command; closing [t1]\n"
#define CRLF_ONLY "500 5.5.2 Lines end with CRLF, and only there [t1]\n"

/* clang-format on */

#endif
