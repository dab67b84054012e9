#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/driver.h"
#include "common/base/log.h"
#include "common/svc/journal.h"
#include "common/svc/service_log.h"

static enum log_level
level_of(const char *word)
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
	log_set_level(level_of(settings->log_level));
	if (strcmp(where, "stderr") == 0) {
		log_to(log_sink_fd, (void *)(intptr_t)STDERR_FILENO);
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
