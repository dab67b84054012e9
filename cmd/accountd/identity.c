#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmd/accountd/identity.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"

struct identity {
	uid_t uid; /* 0: stays root */
	gid_t gid;
	uint32_t capabilities; /* that it needs where it stays root */
};

/* The folder of a file; the file itself may not be there yet. */
static char *
folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? mem_strndup(file, (size_t)(slash - file) + 1)
		     : mem_strdup(".");
}

/* SQLite makes files beside its own, so it takes who owns both. */
static struct identity
of_file(const char *file)
{
	struct identity who = { 0, 0, 1U << CAP_DAC_OVERRIDE };
	char *folder = folder_of(file);
	struct stat above, st;
	bool found = stat(folder, &above) == 0;

	free(folder);
	if (!found || (above.st_mode & S_IRWXU) != S_IRWXU ||
	    (stat(file, &st) == 0 && st.st_uid != above.st_uid))
		return who;
	who.uid = above.st_uid;
	who.gid = above.st_gid;
	return who;
}

static struct identity
identity_of(const struct settings *settings)
{
	struct identity who = { 0, 0, 1U << CAP_DAC_READ_SEARCH };

	if (settings->mysql_host[0] == '\0')
		return of_file(settings->sqlite_file);
	if (settings->mail_uid >= 0 && settings->mail_gid >= 0) {
		who.uid = (uid_t)settings->mail_uid;
		who.gid = (gid_t)settings->mail_gid;
	}
	return who;
}

/* Keeps those of wanted that there are. */
static int
keep_capabilities(uint32_t wanted)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	size_t i;

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= i == 0 ? wanted : 0;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

/* May who read the file, or is it not there?  Asked of the kernel. */
static bool
may_read(const struct identity *who, const char *path)
{
	bool may;
	int fd;

	(void)setfsgid(who->gid); /* of root these cannot fail */
	(void)setfsuid(who->uid);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	may = fd >= 0 || errno != EACCES;
	fileio_close(&fd);
	(void)setfsuid(0); /* likewise */
	(void)setfsgid(0);
	return may;
}

/* The capabilities to keep as who: that to read, for a file that is another's
 * alone (Landlock lets us reach no others). */
static uint32_t
needed_as(const struct identity *who, const struct settings *settings)
{
	if (may_read(who, settings->host_list) &&
	    may_read(who, settings->mysql_tls_ca))
		return 0;
	return 1U << CAP_DAC_READ_SEARCH;
}

/* Leaves the capabilities permitted, for keep_capabilities. */
static int
become(const struct identity *who)
{
	(void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); /* else none is kept */
	if (setgroups(0, NULL) < 0 ||
	    setresgid(who->gid, who->gid, who->gid) < 0 ||
	    setresuid(who->uid, who->uid, who->uid) < 0)
		return -errno;
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* undone by another uid */
	return 0;
}

int
identity_drop(const struct settings *settings, struct err *err)
{
	struct identity who = identity_of(settings);
	uint32_t keep = who.capabilities;
	int rc = 0;

	if (geteuid() == 0 && who.uid != 0) {
		uint32_t needed = needed_as(&who, settings);

		rc = become(&who);
		if (rc == 0)
			keep = needed;
		else if (rc == -EPERM)
			rc = 0; /* a root without its rights may serve, too */
	}
	if (rc == 0)
		rc = keep_capabilities(keep);
	return rc < 0 ? err_sys(err, -rc, "uid %u", (unsigned)who.uid) : 0;
}
