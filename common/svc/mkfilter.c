/* Builds the seccomp filters of sandbox.c at build time, so that no program
 * carries libseccomp: prints a C array for each role.  Run by make. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FRONT = 1 << 0,
	SESSION = 1 << 1,
	KEEPER = 1 << 2,
	ACCOUNTD = 1 << 3,
	FILES = SESSION | KEEPER | ACCOUNTD,
	PARENT = KEEPER | ACCOUNTD,
	ALL = FRONT | FILES
};

struct row {
	const char *name;
	unsigned roles;
	unsigned
	    nargs; /* conditions on its arguments, all of which must hold */
	struct scmp_arg_cmp args[3];
};

#define CLONE_SPACES                                                           \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |           \
	    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)

/* clang-format off */
#define IS(n, value) { (n), SCMP_CMP_EQ, (scmp_datum_t)(value), 0 }
#define AT_MOST(n, value) { (n), SCMP_CMP_LE, (scmp_datum_t)(value), 0 }
#define MASKED(n, mask, value) \
	{ (n), SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value) }
#define NO_CODE MASKED(2, PROT_EXEC, 0)
#define TCP(family) IS(0, family), MASKED(1, 0xf, SOCK_STREAM), \
	AT_MOST(2, IPPROTO_TCP)
#define UDP(family) IS(0, family), MASKED(1, 0xf, SOCK_DGRAM)
#define CALL(name, roles) { name, roles, 0, { { 0, SCMP_CMP_EQ, 0, 0 } } }
#define WHEN(name, roles, n, ...) { name, roles, n, { __VA_ARGS__ } }

/* What each role may call; all else is EPERM. */
static const struct row rows[] = {
	/* memory, time, the end */
	CALL("brk", ALL), CALL("munmap", ALL), CALL("mremap", ALL),
	WHEN("mmap", FRONT | SESSION, 1, NO_CODE),
	WHEN("mprotect", FRONT | SESSION, 1, NO_CODE),
	CALL("mmap", PARENT), CALL("mprotect", PARENT), /* they load drivers */
	CALL("madvise", ALL), CALL("munlock", ALL), CALL("futex", ALL),
	CALL("clock_gettime", ALL), CALL("clock_nanosleep", ALL),
	CALL("gettimeofday", ALL), CALL("time", ALL), CALL("nanosleep", ALL),
	CALL("getrandom", ALL), CALL("exit", ALL), CALL("exit_group", ALL),
	CALL("restart_syscall", ALL), CALL("rseq", ALL),
	CALL("set_robust_list", ALL), CALL("sched_yield", ALL),
	CALL("rt_sigaction", ALL), CALL("rt_sigprocmask", ALL),
	CALL("rt_sigreturn", ALL), CALL("sigaltstack", ALL),
	CALL("getpid", ALL), CALL("gettid", ALL), CALL("getuid", ALL),
	CALL("geteuid", ALL), CALL("getgid", ALL), CALL("getegid", ALL),
	/* descriptors that are there */
	CALL("read", ALL), CALL("write", ALL), CALL("readv", ALL), CALL("writev", ALL),
	CALL("close", ALL), CALL("close_range", ALL), CALL("lseek", ALL),
	CALL("fstat", ALL), CALL("newfstatat", ALL), CALL("poll", ALL),
	CALL("ppoll", ALL), CALL("pread64", ALL), CALL("pwrite64", ALL),
	CALL("recvfrom", ALL), CALL("recvmsg", ALL), CALL("shutdown", ALL),
	CALL("sendfile", ALL),
	/* a front talks to whom its sockets are connected to, nobody else */
	WHEN("sendto", FRONT, 1, IS(4, 0)), CALL("sendto", FILES),
	CALL("sendmsg", FILES),
	CALL("copy_file_range", ALL), CALL("ftruncate", ALL),
	/* fcntl, but not whom to send signals */
	WHEN("fcntl", ALL, 1, IS(1, F_DUPFD)),
	WHEN("fcntl", ALL, 1, IS(1, F_DUPFD_CLOEXEC)),
	WHEN("fcntl", ALL, 1, IS(1, F_GETFD)),
	WHEN("fcntl", ALL, 1, IS(1, F_SETFD)),
	WHEN("fcntl", ALL, 1, IS(1, F_GETFL)),
	WHEN("fcntl", ALL, 1, IS(1, F_SETFL)),
	WHEN("fcntl", FILES, 1, IS(1, F_GETLK)),
	WHEN("fcntl", FILES, 1, IS(1, F_SETLK)),
	WHEN("fcntl", FILES, 1, IS(1, F_SETLKW)),
	WHEN("fcntl", FILES, 1, IS(1, F_OFD_GETLK)),
	WHEN("fcntl", FILES, 1, IS(1, F_OFD_SETLK)),
	WHEN("fcntl", FILES, 1, IS(1, F_OFD_SETLKW)),
	/* files: those that Landlock judges, and of the calls that it does
	 * not judge only what goes by a descriptor */
	CALL("openat", FILES), CALL("openat2", FILES), CALL("open", FILES),
	CALL("fsync", FILES), CALL("fdatasync", FILES), CALL("rename", FILES),
	CALL("renameat", FILES), CALL("renameat2", FILES), CALL("link", FILES),
	CALL("linkat", FILES), CALL("unlink", FILES), CALL("unlinkat", FILES),
	CALL("mkdir", FILES), CALL("mkdirat", FILES), CALL("rmdir", FILES),
	CALL("getdents64", FILES), CALL("fchown", FILES),
	WHEN("utimensat", FILES, 1, IS(1, 0)),
	CALL("fchmod", ACCOUNTD), CALL("chmod", ACCOUNTD),
	CALL("access", FILES), CALL("faccessat", FILES), CALL("faccessat2", FILES),
	CALL("readlink", FILES), CALL("readlinkat", FILES),
	CALL("dup", FILES), CALL("dup2", FILES), CALL("dup3", FILES),
	CALL("flock", FILES), CALL("setitimer", FILES), CALL("statx", FILES), CALL("stat", FILES),
	CALL("lstat", FILES), CALL("statfs", FILES), CALL("fstatfs", FILES),
	CALL("umask", FILES), CALL("fadvise64", FILES), CALL("fallocate", FILES),
	CALL("preadv2", FILES), CALL("sync_file_range", FILES),
	/* a session has been a keeper, whose filter stays upon it */
	CALL("inotify_init1", SESSION | KEEPER),
	CALL("inotify_add_watch", SESSION | KEEPER),
	CALL("inotify_rm_watch", SESSION | KEEPER),
	/* where there is no inotify left: a signal to oneself */
	WHEN("fcntl", SESSION | KEEPER, 1, IS(1, F_NOTIFY)),
	CALL("signalfd4", SESSION | KEEPER),
	CALL("uname", FILES), CALL("sysinfo", FILES), CALL("getcwd", FILES),
	CALL("getsockopt", FILES), CALL("setsockopt", ACCOUNTD),
	WHEN("kill", FILES, 1, IS(1, 0)), /* does a lock's owner live? */
	WHEN("prlimit64", FILES, 1, IS(0, 0)),
	/* sockets: local ones, and TCP where Landlock lets it; DNS */
	WHEN("socket", PARENT, 1, IS(0, AF_UNIX)),
	WHEN("socket", PARENT, 3, TCP(AF_INET)),
	WHEN("socket", PARENT, 3, TCP(AF_INET6)),
	WHEN("socket", PARENT, 2, UDP(AF_INET)),
	WHEN("socket", PARENT, 2, UDP(AF_INET6)),
	CALL("connect", PARENT), CALL("getsockname", PARENT),
	CALL("getpeername", PARENT), CALL("socketpair", KEEPER),
	CALL("bind", ACCOUNTD), CALL("sendmmsg", ACCOUNTD),
	CALL("accept4", ACCOUNTD), CALL("epoll_create1", ACCOUNTD),
	CALL("epoll_ctl", ACCOUNTD), CALL("epoll_wait", ACCOUNTD),
	CALL("epoll_pwait", ACCOUNTD), CALL("signalfd4", ACCOUNTD),
	CALL("ioctl", ACCOUNTD),
	/* children, other identities, further confinement */
	WHEN("clone", KEEPER, 1, MASKED(0, CLONE_SPACES, 0)),
	CALL("fork", KEEPER), CALL("wait4", KEEPER),
	CALL("setuid", KEEPER), CALL("setgid", KEEPER), CALL("setresuid", KEEPER),
	CALL("setresgid", KEEPER), CALL("setgroups", KEEPER),
	CALL("capset", KEEPER), CALL("capget", KEEPER), CALL("prctl", KEEPER),
	CALL("seccomp", KEEPER), CALL("landlock_create_ruleset", KEEPER),
	CALL("landlock_add_rule", KEEPER), CALL("landlock_restrict_self", KEEPER),
	CALL("arch_prctl", KEEPER), CALL("sched_getaffinity", PARENT),
};
/* clang-format on */

static void
allow(scmp_filter_ctx ctx, const struct row *row)
{
	int nr = seccomp_syscall_resolve_name(row->name);
	int rc;

	if (nr == __NR_SCMP_ERROR)
		return; /* newer than the libseccomp we build with, or of
			 * another machine: stays refused */
	rc = seccomp_rule_add_array(
	    ctx, SCMP_ACT_ALLOW, nr, row->nargs, row->args);
	if (rc < 0)
		errx(1, "%s: error %d", row->name, -rc);
}

static void
print_filter(scmp_filter_ctx ctx, const char *name)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct sock_filter op;

	if (fd < 0 || seccomp_export_bpf(ctx, fd) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		errx(1, "cannot export the filter");
	printf("static const struct sock_filter filter_%s[] = {\n", name);
	while (read(fd, &op, sizeof op) == (ssize_t)sizeof op)
		printf(
		    "\t{ 0x%x, %u, %u, 0x%x },\n", op.code, op.jt, op.jf, op.k);
	printf("};\n\n");
	close(fd);
}

static void
make_filter(const char *name, unsigned role)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	size_t i;

	if (ctx == NULL)
		errx(1, "seccomp_init");
	/* the program looks system calls up by halving, not one by one */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].roles & role)
			allow(ctx, &rows[i]);
	if (role & PARENT) {
		/* glibc falls back to clone, which we can judge */
		(void)seccomp_rule_add(
		    ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	}
	print_filter(ctx, name);
	seccomp_release(ctx);
}

int
main(void)
{
	printf("/* Made by mkfilter.c. */\n");
	make_filter("front", FRONT);
	make_filter("session", SESSION);
	make_filter("keeper", KEEPER);
	make_filter("accountd", ACCOUNTD);
	return EXIT_SUCCESS;
}
