#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/log.h"

static struct {
	log_sink *sink;
	void *ctx;
	const char *program;
	enum log_level level;
	bool prefix;
	char trace[LOG_TRACE_MAX];
} state = { NULL, NULL, "njiwa", LOG_LEVEL_INFO, false, "" };

/* A line under construction on the stack: no allocation, for mem.c's sake. */
struct line {
	char text[LOG_LINE_MAX];
	size_t len;
};

/* Printable ASCII and, escaped, everything else and the octets of special. */
static void
line_escape(struct line *line, const char *text, const char *special)
{
	static const char hex[] = "0123456789abcdef";

	for (; *text && line->len + 5 < sizeof line->text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c <= '~' && !strchr(special, c)) {
			line->text[line->len++] = (char)c;
			continue;
		}
		line->text[line->len++] = '\\';
		line->text[line->len++] = 'x';
		line->text[line->len++] = hex[c >> 4];
		line->text[line->len++] = hex[c & 15];
	}
	line->text[line->len] = '\0';
}

static void
line_add(struct line *line, const char *text)
{
	line_escape(line, text, "");
}

static void
line_add_field(struct line *line, const struct log_field *field)
{
	bool quote;

	if (field->value == NULL)
		return;
	quote =
	    field->value[0] == '\0' || strpbrk(field->value, " \"=") != NULL;
	line_add(line, " ");
	line_add(line, field->name);
	line_add(line, quote ? "=\"" : "=");
	line_escape(line, field->value, "\"\\");
	line_add(line, quote ? "\"" : "");
}

static void
line_add_event(struct line *line, const struct log_event *event)
{
	size_t i;

	if (event->trace[0]) {
		line_add(line, event->trace);
		line_add(line, " ");
	}
	line_add(line, event->text);
	for (i = 0; i < event->nfields; i++)
		line_add_field(line, &event->fields[i]);
}

size_t
log_format(const struct log_event *event, char line[LOG_LINE_MAX])
{
	struct line made = { .len = 0 };

	line_add_event(&made, event);
	memcpy(line, made.text, made.len + 1);
	return made.len;
}

static int
syslog_level(enum log_level level)
{
	static const int levels[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};

	return levels[level];
}

void
log_sink_fd(void *ctx, const struct log_event *event)
{
	struct line line = { .len = 0 };
	char head[64];

	if (state.prefix)
		(void)snprintf(head, sizeof head, "<%d>", /* cannot be cut */
		    syslog_level(event->level));
	else
		(void)snprintf(head, sizeof head, "%s[%d]: ", /* cut is fine */
		    state.program, (int)getpid());
	line_add(&line, head);
	line_add_event(&line, event);
	line.text[line.len++] = '\n';
	/* a log that cannot be written has nowhere to say so */
	(void)!write((int)(intptr_t)ctx, line.text, line.len);
}

void
log_sink_syslog(void *ctx, const struct log_event *event)
{
	struct line line = { .len = 0 };

	(void)ctx;
	line_add_event(&line, event);
	syslog(LOG_MAIL | syslog_level(event->level), "%s", line.text);
}

void
log_to(log_sink *sink, void *ctx)
{
	state.sink = sink;
	state.ctx = ctx;
}

void
log_prefix_level(bool on)
{
	state.prefix = on;
}

void
log_program(const char *name)
{
	state.program = name;
}

const char *
log_program_name(void)
{
	return state.program;
}

void
log_set_level(enum log_level level)
{
	state.level = level;
}

void
log_set_trace(const char *trace)
{
	(void)snprintf(state.trace, sizeof state.trace, "%s", trace); /* cut */
}

const char *
log_trace(void)
{
	return state.trace;
}

void
log_forward(const struct log_event *event)
{
	if (state.sink && event->level <= state.level)
		state.sink(state.ctx, event);
}

void
log_event(enum log_level level, const char *text,
    const struct log_field *fields, size_t nfields)
{
	struct log_event event = { level, state.trace, text, fields, nfields };

	if (event.nfields > LOG_FIELDS_MAX)
		event.nfields = LOG_FIELDS_MAX;
	log_forward(&event);
}

__attribute__((format(printf, 2, 0))) static void
vlog(enum log_level level, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX];

	if (state.sink == NULL || level > state.level)
		return;
	(void)vsnprintf(text, sizeof text, fmt, ap); /* cut is fine */
	log_event(level, text, NULL, 0);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_WARNING, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}
