#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cmd/queue/queue.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/base/secret.h"
#include "common/svc/identity.h"
#include "common/svc/sandbox.h"
#include "common/svc/service_log.h"

#define SPOOL_FOLDER_MODE 0700

/* The spool's own folder, where nobody has made it; its parent must be there.
 * Only root can, and need not be told what comes of it: it is opened next. */
static void
make_folder(const struct settings *settings)
{
	if (geteuid() != 0 ||
	    mkdir(settings->spool_dir, SPOOL_FOLDER_MODE) < 0 ||
	    settings->mail_uid < 0)
		return;
	if (chown(settings->spool_dir, (uid_t)settings->mail_uid,
		(gid_t)settings->mail_gid) < 0) {
		log_error(
		    "%s: its owner could not be set", settings->spool_dir);
		(void)rmdir(settings->spool_dir); /* nobody could use it */
	}
}

/* Who looks accounts up for us, started while we still may. */
static int
open_accounts(struct queue *q, const char *config)
{
	const struct settings *s = q->settings;
	STR_AUTO program = STR_INIT;
	struct account_client_config client = {
		.socket = s->account_socket,
		.config = config,
		.timeout_ms = s->account_timeout,
		.env = settings_secret_env(),
	};
	struct err err = { 0, "" };
	int rc;

	str_appendf(&program, "%s/njiwa-accountd", s->libexec_dir);
	if (s->account_fallback)
		client.program = str_cstr(&program);
	rc = account_client_open(&client, &q->account, &err);
	if (rc < 0)
		log_error("no accounts: %s", err.text);
	secret_wipe();
	return rc;
}

/* Becomes the owner of the mail, and confines itself to it and to the spool. */
static bool
confine(const struct settings *s)
{
	const struct sandbox_path paths[] = {
		{ s->mail_root, SANDBOX_WRITE },
		{ s->spool_dir, SANDBOX_WRITE },
	};
	const struct sandbox box = { SANDBOX_SESSION, paths,
		sizeof paths / sizeof paths[0], { 0 } };
	struct err err = { 0, "" };
	int rc = 0;

	tzset(); /* it cannot be read any more afterwards */
	if (s->mail_uid >= 0)
		rc =
		    identity_take((uint32_t)s->mail_uid, (uint32_t)s->mail_gid);
	else
		sandbox_drop_capabilities();
	if (rc < 0)
		(void)err_sys(&err, -rc, "mail_uid, mail_gid"); /* told below */
	else
		rc = sandbox_enter(&box, sandbox_mode_of(s->sandbox), &err);
	if (rc > 0)
		log_warning("confined less than could be: %s", err.text);
	if (rc < 0)
		log_error("cannot be confined: %s (setting sandbox)", err.text);
	return rc >= 0;
}

/* Is anything due?  Only then somebody is asked for accounts. */
static bool
is_anything_due(struct queue *q)
{
	struct spool_list list = { NULL, 0, 0 };
	bool any;

	(void)queue_list(q, &list); /* said, and seen again */
	any = list.count > 0;
	spool_list_release(&list);
	return any;
}

static void
log_run(const struct queue *q)
{
	if (q->delivered || q->deferred || q->reports)
		log_info("run: %zu delivered, %zu deferred, %zu reports",
		    q->delivered, q->deferred, q->reports);
}

/* The owner of the spool for as long as it takes to look: root may have no
 * right to other people's files, and is needed again.  0 or -errno. */
static int
be(int64_t uid, int64_t gid)
{
	if (uid < 0)
		return 0;
	if (uid == 0 && (seteuid(0) < 0 || setegid(0) < 0))
		return -errno;
	if (uid > 0 && (setegid((gid_t)gid) < 0 || seteuid((uid_t)uid) < 0))
		return -errno;
	return 0;
}

/* Opens the spool and looks whether anything is due; 1, 0, or -errno with err
 * filled. */
static int
look(struct queue *q, struct err *err)
{
	const struct settings *s = q->settings;
	bool root = geteuid() == 0 && s->mail_uid > 0;
	int rc = root ? be(s->mail_uid, s->mail_gid) : 0;

	if (rc < 0)
		return err_sys(err, -rc, "mail_uid, mail_gid");
	rc = spool_open(s->spool_dir, SPOOL_CREATE, s->fsync, &q->spool, err);
	if (rc == 0)
		rc = is_anything_due(q);
	if (root && be(0, 0) < 0)
		return err_sys(err, errno, "to be root again");
	return rc;
}

static int
run(struct queue *q, const char *config)
{
	struct err err = { 0, "" };
	bool read;
	int due;

	make_folder(q->settings);
	due = look(q, &err);
	if (due < 0) {
		log_error("%s (setting spool_dir)", err.text);
		return EX_TEMPFAIL;
	}
	if (due && open_accounts(q, config) < 0)
		return EX_TEMPFAIL;
	if (!confine(q->settings))
		return EX_OSERR;
	if (!due) {
		(void)spool_clean(&q->spool, clock_now().tv_sec);
		return EX_OK;
	}
	read = queue_run(q);
	account_quota_flush(q->account);
	log_run(q);
	return read ? EX_OK : EX_TEMPFAIL;
}

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: njiwa-queue [-V] [-c file]\n");
	exit(EX_USAGE);
}

int
main(int argc, char **argv)
{
	struct settings settings = { 0 };
	struct queue q = { .settings = &settings, .spool = SPOOL_INIT };
	const char *config = NULL;
	int option, status;

	sandbox_harden();
	while ((option = getopt(argc, argv, "Vc:")) != -1) {
		if (option == 'V') {
			printf("njiwa-queue %s\n", NJIWA_VERSION);
			return EX_OK;
		}
		if (option != 'c')
			usage();
		config = optarg;
	}
	if (optind != argc)
		usage();
	fileio_close_others(NULL, 0);
	if (!service_load(
		config, SETTINGS_NO_SECRETS, "njiwa-queue", &settings))
		return EX_CONFIG;
	status = run(&q, config);
	spool_close(&q.spool);
	account_client_free(q.account);
	settings_release(&settings);
	return status;
}
