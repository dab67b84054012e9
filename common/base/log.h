/* The log: one line an event, to one sink chosen at start.
 * Never written by library code other than mem.c; never holds a password. */
#ifndef NJIWA_BASE_LOG_H
#define NJIWA_BASE_LOG_H

#include <stddef.h>
#include "common/base/slice.h"

enum log_level {
	LOG_LEVEL_ERROR,   /* the administrator must act */
	LOG_LEVEL_WARNING, /* something is not as it should be */
	LOG_LEVEL_INFO, /* what happened to a connection, a message, a login */
	LOG_LEVEL_DEBUG
};

#define LOG_LINE_MAX 2048 /* octets of one line; longer is cut */
#define LOG_FIELDS_MAX 32 /* structured fields of one event */
#define LOG_TRACE_MAX 24  /* octets of a trace id, its NUL included */

/* A structured field: lower-case name, value as printed (made safe by the
 * log).  A NULL value leaves the field out. */
struct log_field {
	const char *name;
	const char *value;
};

/* One event as a sink gets it; everything is borrowed for the call. */
struct log_event {
	enum log_level level;
	const char *trace; /* the connection's id, "" before there is one */
	const char *text;  /* printable, without line end */
	const struct log_field *fields;
	size_t nfields;
};

/* Where events go.  A sink must not log and must not fail. */
typedef void log_sink(void *ctx, const struct log_event *event);

/* Sets the sink; NULL drops all events, which is how a process starts: fd 2
 * may be the client's socket. */
void log_to(log_sink *sink, void *ctx);

/* What sinks of text show of an event, `trace text name=value ...`: printable,
 * blanks and quotes in a value quoted, cut to the line.  Its length. */
size_t log_format(const struct log_event *event, char line[LOG_LINE_MAX]);

/* A sink that writes `program[pid]: trace text name=value ...` lines to the
 * file descriptor in (intptr_t)ctx, with the journal's <N> prefix first when
 * log_prefix_level(true) was said. */
log_sink log_sink_fd;
void log_prefix_level(bool on);

/* A sink that calls syslog(3), facility mail. */
log_sink log_sink_syslog;

/* Names the program in lines; borrowed for the life of the process. */
void log_program(const char *name);
const char *log_program_name(void);

/* The events above this level are dropped; info at start. */
void log_set_level(enum log_level level);

/* The trace id in every later line; cut to LOG_TRACE_MAX - 1. */
void log_set_trace(const char *trace);
const char *log_trace(void);

/* Logs fmt at the level; the text is made printable. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Logs an event with its fields.  More than LOG_FIELDS_MAX are cut off. */
void log_event(enum log_level level, const char *text,
    const struct log_field *fields, size_t nfields);

/* Hands a complete event on to the sink (the keeper, for its front). */
void log_forward(const struct log_event *event);

#endif
