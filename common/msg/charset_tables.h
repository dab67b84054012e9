/* The shape of the tables that mkcharsets.c writes and charset.c reads.
 * Never anything but numbers. */
#ifndef NJIWA_MSG_CHARSET_TABLES_H
#define NJIWA_MSG_CHARSET_TABLES_H

#define CHARSET_HIGH 0x80 /* octets below are ASCII */

/* The octets of a character of two. */
#define CHARSET_LEAD_MIN 0x81
#define CHARSET_LEAD_MAX 0xfe
#define CHARSET_TRAIL_MIN 0x40
#define CHARSET_TRAIL_MAX 0xfe
#define CHARSET_TRAILS (CHARSET_TRAIL_MAX - CHARSET_TRAIL_MIN + 1)

#endif
