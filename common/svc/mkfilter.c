/* Builds the seccomp filters of sandbox.c at build time, so that no program
 * carries libseccomp: prints a C array for each role.  Run by make. */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
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
};

/* What each role may call; all else is EPERM. */
/* clang-format off */
static const struct row rows[] = {
	/* memory, time, the end */
	{ "brk", ALL }, { "munmap", ALL }, { "mremap", ALL },
	{ "madvise", ALL }, { "munlock", ALL }, { "futex", ALL },
	{ "clock_gettime", ALL }, { "clock_nanosleep", ALL },
	{ "gettimeofday", ALL }, { "time", ALL },
	{ "nanosleep", ALL }, { "getrandom", ALL }, { "exit", ALL },
	{ "exit_group", ALL }, { "restart_syscall", ALL }, { "rseq", ALL },
	{ "set_robust_list", ALL }, { "sched_yield", ALL },
	{ "rt_sigaction", ALL }, { "rt_sigprocmask", ALL },
	{ "rt_sigreturn", ALL }, { "sigaltstack", ALL }, { "tgkill", ALL },
	{ "getpid", ALL }, { "gettid", ALL },
	/* descriptors that are there */
	{ "read", ALL }, { "write", ALL }, { "readv", ALL }, { "writev", ALL },
	{ "close", ALL }, { "close_range", ALL }, { "lseek", ALL },
	{ "fstat", ALL }, { "newfstatat", ALL }, { "poll", ALL },
	{ "ppoll", ALL }, { "pread64", ALL }, { "pwrite64", ALL },
	{ "recvfrom", ALL }, { "sendto", ALL }, { "recvmsg", ALL },
	{ "sendmsg", ALL }, { "shutdown", ALL }, { "sendfile", ALL },
	{ "copy_file_range", ALL }, { "ftruncate", ALL }, { "fcntl", ALL },
	/* files */
	{ "openat", FILES }, { "openat2", FILES }, { "open", FILES },
	{ "fsync", FILES }, { "fdatasync", FILES }, { "rename", FILES },
	{ "renameat", FILES }, { "renameat2", FILES }, { "link", FILES },
	{ "linkat", FILES }, { "unlink", FILES }, { "unlinkat", FILES },
	{ "mkdir", FILES }, { "mkdirat", FILES }, { "rmdir", FILES },
	{ "symlinkat", PARENT },
	{ "getdents64", FILES }, { "fchown", FILES }, { "fchownat", FILES },
	{ "fchmod", FILES }, { "fchmodat", FILES }, { "chmod", PARENT },
	{ "utimensat", FILES }, { "access", FILES }, { "faccessat", FILES },
	{ "faccessat2", FILES }, { "readlink", FILES }, { "readlinkat", FILES },
	{ "dup", FILES }, { "dup2", FILES }, { "dup3", FILES },
	{ "flock", FILES }, { "statx", FILES }, { "stat", FILES },
	{ "lstat", FILES }, { "statfs", FILES }, { "fstatfs", FILES },
	{ "umask", FILES }, { "fadvise64", FILES }, { "fallocate", FILES },
	{ "getuid", ALL }, { "geteuid", ALL }, { "getgid", ALL },
	{ "getegid", ALL }, { "inotify_init1", FILES },
	{ "inotify_add_watch", FILES }, { "inotify_rm_watch", FILES },
	{ "uname", FILES }, { "sysinfo", FILES }, { "getcwd", FILES },
	{ "getsockopt", FILES }, { "setsockopt", FILES },
	{ "prlimit64", FILES },
	/* sockets, children, other identities, further confinement */
	{ "connect", PARENT }, { "socketpair", PARENT }, { "bind", ACCOUNTD },
	{ "getsockname", PARENT }, { "getpeername", PARENT },
	{ "accept4", ACCOUNTD }, { "epoll_create1", ACCOUNTD },
	{ "epoll_ctl", ACCOUNTD }, { "epoll_wait", ACCOUNTD },
	{ "epoll_pwait", ACCOUNTD }, { "signalfd4", ACCOUNTD },
	{ "pipe2", PARENT }, { "clone", PARENT }, { "vfork", PARENT },
	{ "fork", PARENT }, { "wait4", PARENT }, { "waitid", PARENT },
	{ "kill", PARENT }, { "setuid", PARENT }, { "setgid", PARENT },
	{ "setresuid", PARENT }, { "setresgid", PARENT },
	{ "setgroups", PARENT }, { "setfsuid", PARENT },
	{ "setfsgid", PARENT }, { "capset", PARENT }, { "capget", PARENT },
	{ "prctl", PARENT }, { "seccomp", PARENT },
	{ "landlock_create_ruleset", PARENT },
	{ "landlock_add_rule", PARENT }, { "landlock_restrict_self", PARENT },
	{ "arch_prctl", PARENT }, { "sched_getaffinity", PARENT },
	{ "getppid", PARENT }, { "getresuid", PARENT }, { "getresgid", PARENT },
	{ "memfd_create", PARENT }, { "ioctl", ACCOUNTD },
	{ "setitimer", ACCOUNTD }, { "alarm", ACCOUNTD },
};
/* clang-format on */

static void
allow(scmp_filter_ctx ctx, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);
	int rc;

	if (nr == __NR_SCMP_ERROR)
		return; /* newer than the libseccomp we build with, or of
			 * another machine: stays refused */
	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	if (rc < 0)
		errx(1, "%s: error %d", name, -rc);
}

/* mmap and mprotect without PROT_EXEC, but for those who load drivers. */
static void
allow_memory(scmp_filter_ctx ctx, unsigned role)
{
	static const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	size_t i;

	for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		int rc;

		if (role & PARENT)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
		else
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
			    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		if (rc < 0)
			errx(1, "memory rules: error %d", -rc);
	}
}

/* Sockets of the families that a parent needs, and no others. */
static void
allow_sockets(scmp_filter_ctx ctx)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };
	size_t i;

	for (i = 0; i < sizeof families / sizeof families[0]; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i])) < 0)
			errx(1, "socket rules");
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
			allow(ctx, rows[i].name);
	allow_memory(ctx, role);
	if (role & PARENT) {
		allow_sockets(ctx);
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
