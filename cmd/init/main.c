/* njiwa-init: listens, limits, starts and reaps; process 1 of a container or
 * an ordinary supervisor. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/init/health.h"
#include "cmd/init/init.h"
#include "common/base/log.h"
#include "common/svc/sandbox.h"
#include "common/svc/service_log.h"

static void
usage(void)
{
	(void)fputs(
	    "usage: njiwa-init [-t] [-c file]\n", stderr); /* on the way out */
}

/* Lines go to standard error, which is the children's too. */
static void
open_log(const struct settings *settings)
{
	log_set_level(service_log_level(settings->log_level));
	if (strcmp(settings->log, "syslog") == 0)
		log_to(log_sink_syslog, NULL);
	else if (strcmp(settings->log, "none") == 0)
		log_to(NULL, NULL);
}

/* The programs cannot know that their descriptor 2 is a log, and not a client
 * as it is behind xinetd; so they are told, unless the settings decide. */
static const char *
log_of_children(const struct settings *settings)
{
	return strcmp(settings->log, "auto") == 0 ? "stderr" : NULL;
}

/* Once, for all that will be started. */
static void
tell_lack(const struct settings *settings)
{
	const char *lack = sandbox_lacks();

	if (lack && sandbox_mode_of(settings->sandbox) == SANDBOX_ON)
		log_warning("confined less than could be: %s", lack);
}

static int
start(struct init *init)
{
	struct err err = { .code = 0 };
	bool accounts_alone = init->settings.account_socket[0] != '\0';
	int status = EX_OSERR;

	environments_make(&init->environments, settings_secret_env(),
	    accounts_alone, init->config, log_of_children(&init->settings));
	if (init_open(init, &err) < 0) {
		log_error("%s", err.text);
	} else {
		tell_lack(&init->settings);
		(void)init_run(init); /* what had to be killed is logged */
		status = 0;
	}
	init_release(init);
	return status;
}

/*
 * 0 becomes /dev/null, 1 what 2 is, and 2 /dev/null if it is none, so that a
 * program needs nothing set up but its socket.  Descriptors that whoever
 * started us forgot go no further than here; those of LISTEN_FDS as well, for
 * each goes to its own program.
 */
static bool
take_descriptors(void)
{
	int null;

	do
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (null >= 0 && null <= STDERR_FILENO);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return false;
	(void)close(null);                      /* nothing was written */
	(void)fcntl(STDERR_FILENO, F_SETFD, 0); /* the other two are dups */
	/* a kernel older than 5.11 cannot: they leak then */
	(void)close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	return true;
}

/* -t: the verdict is for whoever asked. */
static int
look(struct init *init)
{
	int status = health_check(&init->settings);

	settings_release(&init->settings);
	return status;
}

int
main(int argc, char **argv)
{
	struct init init = { .config = NULL };
	bool test = false, wrong = false;
	int option;

	while ((option = getopt(argc, argv, "c:t")) != -1) {
		if (option == 'c')
			init.config = optarg;
		test |= option == 't';
		wrong |= option == '?';
	}
	if (wrong || optind != argc) {
		usage();
		return EX_USAGE;
	}
	if (!take_descriptors())
		return EX_OSERR;
	log_program("njiwa-init");
	service_log_stderr();
	if (!init_read_settings(&init))
		return EX_CONFIG;
	if (test)
		return look(&init);
	open_log(&init.settings);
	/* orphans come to us, as they do to process 1; an old kernel's go to
	 * that one */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return start(&init);
}
