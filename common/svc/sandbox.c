#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "common/base/fileio.h"
#include "common/svc/sandbox.h"
#include "common/svc/sandbox_filter.h"

/* Landlock as of ABI 6, spelled out: the headers may be older than the kernel
 * (linux/landlock.h). */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_FIRST = (1 << 13) - 1,     /* all rights of ABI 1 */
	FS_REFER = 1 << 13,           /* ABI 2 */
	FS_TRUNCATE = 1 << 14,        /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15,       /* ABI 5 */
	NET_BIND_TCP = 1 << 0,        /* ABI 4 */
	NET_CONNECT_TCP = 1 << 1,     /* ABI 4 */
	SCOPE_ABSTRACT_UNIX = 1 << 0, /* ABI 6 */
	SCOPE_SIGNAL = 1 << 1,        /* ABI 6 */
	RULE_PATH = 1,
	RULE_PORT = 2
};

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct path_rule {
	uint64_t access;
	int32_t parent;
} __attribute__((packed));

struct port_rule {
	uint64_t access;
	uint64_t port;
};

/* The rights that a kernel of this ABI can take away. */
static struct ruleset
rights_of(long abi)
{
	struct ruleset r = { FS_FIRST, 0, 0 };

	r.fs |= abi >= 2 ? FS_REFER : 0;
	r.fs |= abi >= 3 ? FS_TRUNCATE : 0;
	r.fs |= abi >= 5 ? FS_IOCTL_DEV : 0;
	r.net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0;
	return r;
}

/* How much of struct ruleset a kernel of this ABI knows. */
static size_t
ruleset_size(long abi)
{
	if (abi < 4)
		return offsetof(struct ruleset, net);
	return abi < 6 ? offsetof(struct ruleset, scoped)
		       : sizeof(struct ruleset);
}

static int
add_path(int rules, uint64_t handled, const struct sandbox_path *path)
{
	FD_AUTO fd = path->path[0] ? open(path->path, O_PATH | O_CLOEXEC) : -1;
	struct path_rule rule = { FS_READ_FILE | FS_READ_DIR, fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0; /* not there: nothing to allow */
	if (path->access == SANDBOX_WRITE)
		rule.access = handled & ~(uint64_t)FS_EXECUTE;
	if (!S_ISDIR(st.st_mode))
		rule.access &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
	if (syscall(SYS_landlock_add_rule, rules, RULE_PATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

static int
add_rules(int rules, const struct ruleset *rights, const struct sandbox *box)
{
	size_t i;

	for (i = 0; i < box->npaths; i++) {
		int rc = add_path(rules, rights->fs, &box->paths[i]);

		if (rc < 0)
			return rc;
	}
	for (i = 0; i < SANDBOX_PORTS_MAX && rights->net; i++) {
		struct port_rule rule = { NET_CONNECT_TCP, box->connect[i] };

		if (box->connect[i] && syscall(SYS_landlock_add_rule, rules,
					   RULE_PORT, &rule, 0) < 0)
			return -errno;
	}
	return 0;
}

/* What a first call to a part of the kernel has failed with.  EPERM is the word
 * of a filter around us, as containers have, which knows nothing newer. */
static int
lacking(int code)
{
	return code == EPERM ? ENOSYS : code;
}

/* 0, -ENOSYS or -EOPNOTSUPP when there is none for us, -errno. */
static int
enter_landlock(const struct sandbox *box)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	struct ruleset rights;
	FD_AUTO rules = -1;
	int rc;

	if (abi < 0)
		return -lacking(errno);
	rights = rights_of(abi);
	/* an abstract socket is nobody's here; a parent signals its children,
	 * who are in its domain or below */
	if (abi >= 6)
		rights.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	rules = (int)syscall(
	    SYS_landlock_create_ruleset, &rights, ruleset_size(abi), 0);
	if (rules < 0)
		return -errno;
	rc = add_rules(rules, &rights, box);
	if (rc < 0)
		return rc;
	return syscall(SYS_landlock_restrict_self, rules, 0) < 0 ? -errno : 0;
}

#define FILTER_OF(name)                                                        \
	{                                                                      \
		sizeof filter_##name / sizeof filter_##name[0],                \
		    (struct sock_filter *)(uintptr_t)filter_##name             \
	}

static int
enter_seccomp(enum sandbox_role role)
{
	static const struct sock_fprog filters[] = {
		[SANDBOX_FRONT] = FILTER_OF(front),
		[SANDBOX_KEEPER] = FILTER_OF(keeper),
		[SANDBOX_SESSION] = FILTER_OF(session),
		[SANDBOX_ACCOUNTD] = FILTER_OF(accountd),
	};

#ifdef NJIWA_SANITIZED
	return 0 * (int)(filters[role].len); /* the sanitizers call more */
#else
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filters[role]) <
	    0)
		return -lacking(errno);
	return 0;
#endif
}

enum sandbox_mode
sandbox_mode_of(const char *word)
{
	if (strcmp(word, "off") == 0)
		return SANDBOX_OFF;
	return strcmp(word, "require") == 0 ? SANDBOX_REQUIRE : SANDBOX_ON;
}

/* What a step's failure means under the mode: 0, 1 or -errno. */
static int
judge(int rc, const char *what, enum sandbox_mode mode, struct err *err)
{
	bool none = rc == -ENOSYS || rc == -EOPNOTSUPP || rc == -EINVAL;

	if (rc == 0)
		return 0;
	if (none && mode != SANDBOX_REQUIRE) {
		(void)err_set(err, -rc, "there is no %s here", what);
		return 1; /* said, and gone on without */
	}
	return err_sys(err, -rc, "%s", what);
}

const char *
sandbox_lacks(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 0)
		return "there is no Landlock here";
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return "there is no seccomp here";
	return NULL;
}

int
sandbox_enter(
    const struct sandbox *box, enum sandbox_mode mode, struct err *err)
{
	int landlock, seccomp;

	if (mode == SANDBOX_OFF)
		return 0;
	landlock = judge(enter_landlock(box), "Landlock", mode, err);
	if (landlock < 0)
		return landlock;
	seccomp = judge(enter_seccomp(box->role), "seccomp", mode, err);
	return seccomp < 0 ? seccomp : landlock | seccomp;
}

void
sandbox_drop_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	uint32_t keep = 1U << CAP_SETUID | 1U << CAP_SETGID | 1U << CAP_CHOWN |
			1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER;

	if (geteuid() != 0 || syscall(SYS_capget, &head, data) < 0)
		return;
	data[0].effective &= keep;
	data[0].permitted &= keep;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0, 0, 0 };
	/* a line of defence, no condition */
	(void)syscall(SYS_capset, &head, data);
}

/* A closed one of these would be the next file that is opened. */
static void
open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	fileio_close(&fd);
}

void
sandbox_harden(void)
{
	static const struct rlimit none = { 0, 0 };
	static const struct sigaction ignore = { .sa_handler = SIG_IGN };

	/* each of these is a line of defence, none a condition */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 ||
	    fcntl(STDOUT_FILENO, F_GETFD) < 0 ||
	    fcntl(STDERR_FILENO, F_GETFD) < 0)
		open_standard();
}
