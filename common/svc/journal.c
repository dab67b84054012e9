/* journal.so: events to the journal by libsystemd. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <ctype.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <syslog.h>

#include "common/base/str.h"
#include "common/svc/journal.h"

#define FIXED_FIELDS 5

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

/* Fields under construction: one text each. */
struct entry {
	struct str fields[FIXED_FIELDS + LOG_FIELDS_MAX];
	size_t count;
};

static void
add(struct entry *entry, const char *name, const char *value)
{
	struct str *field = &entry->fields[entry->count++];

	str_appendf(field, "%s=%s", name, value);
}

static void
add_own(struct entry *entry, const struct log_field *from)
{
	struct str *field = &entry->fields[entry->count++];
	const char *c;

	str_append_cstr(field, "NJIWA_");
	for (c = from->name; *c; c++)
		str_append_char(field, (char)toupper((unsigned char)*c));
	str_append_char(field, '=');
	str_append_cstr(field, from->value);
}

/* The message as text sinks show it, so that plain `journalctl` tells all. */
static void
add_message(struct entry *entry, const struct log_event *event)
{
	char line[LOG_LINE_MAX];

	(void)log_format(event, line); /* ends with a NUL */
	add(entry, "MESSAGE", line);
}

static void
journal_sink(void *ctx, const struct log_event *event)
{
	struct entry entry = { .count = 0 };
	struct iovec parts[FIXED_FIELDS + LOG_FIELDS_MAX];
	char priority[2] = { (char)('0' + priorities[event->level]), 0 };
	size_t i;

	add_message(&entry, event);
	add(&entry, "PRIORITY", priority);
	add(&entry, "SYSLOG_FACILITY", "2");
	add(&entry, "SYSLOG_IDENTIFIER", ctx);
	if (event->trace[0])
		add(&entry, "NJIWA_TRACE", event->trace);
	for (i = 0; i < event->nfields && i < LOG_FIELDS_MAX; i++)
		if (event->fields[i].value)
			add_own(&entry, &event->fields[i]);
	for (i = 0; i < entry.count; i++)
		parts[i] =
		    (struct iovec){ entry.fields[i].ptr, entry.fields[i].len };
	/* a log that cannot be written has nowhere to say so */
	(void)sd_journal_sendv(parts, (int)entry.count);
	for (i = 0; i < entry.count; i++)
		str_release(&entry.fields[i]);
}

extern const struct journal_driver njiwa_journal_driver;
__attribute__((visibility("default")))
const struct journal_driver njiwa_journal_driver = { journal_sink };
