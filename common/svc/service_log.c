#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/driver.h"
#include "common/base/log.h"
#include "common/svc/journal.h"
#include "common/svc/service_log.h"

#define JOURNAL_STREAM_MAX 48 /* octets of two numbers of 64 bits */

enum log_level
service_log_level(const char *word)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

/* Is fd 2 the journal's stream, which takes a level before each line?  The
 * variable alone says nothing: it is inherited by whoever writes elsewhere. */
static bool
stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	struct stat st;
	char own[JOURNAL_STREAM_MAX];

	if (text == NULL || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino); /* fits */
	return strcmp(text, own) == 0;
}

void
service_log_stderr(void)
{
	log_prefix_level(stderr_is_journal());
	log_to(log_sink_fd, (void *)(intptr_t)STDERR_FILENO);
}

static void
silence_stderr(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && fd != STDERR_FILENO) {
		(void)dup2(fd, STDERR_FILENO); /* else nobody writes to it */
		(void)close(fd);               /* nothing was written */
	}
}

static void
open_syslog(const char *program)
{
	openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
	log_to(log_sink_syslog, NULL);
}

static void
open_journal(const char *program)
{
	const struct journal_driver *driver =
	    driver_load("journal", "njiwa_journal_driver", NULL);

	if (driver)
		log_to(driver->sink, (void *)(uintptr_t)program);
	else
		open_syslog(program);
}

void
service_log_open(const struct settings *settings, const char *program)
{
	const char *where = settings->log;

	log_program(program);
	log_set_level(service_log_level(settings->log_level));
	if (strcmp(where, "stderr") == 0) {
		service_log_stderr();
		return;
	}
	silence_stderr();
	if (strcmp(where, "auto") == 0)
		where = getenv("JOURNAL_STREAM") ? "journal" : "syslog";
	if (strcmp(where, "journal") == 0)
		open_journal(program);
	else if (strcmp(where, "syslog") == 0)
		open_syslog(program);
}

static void
collect(void *ctx, const char *line)
{
	struct str *lines = ctx;

	str_appendf(lines, "%s\n", line);
}

bool
service_load(const char *config, enum settings_secrets secrets,
    const char *program, struct settings *settings)
{
	STR_AUTO mistakes = STR_INIT;
	struct slice rest, line;
	int rc = settings_load(config, secrets, settings, collect, &mistakes);

	service_log_open(settings, program);
	rest = str_slice(&mistakes);
	while (slice_next(&rest, '\n', &line))
		if (line.len)
			log_error("%.*s", SLICE_FMT(line));
	return rc >= 0;
}
