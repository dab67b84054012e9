#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/accountd/pool.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/secret.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 30000
#define STEADY_MS 10000 /* who lives so long is well */
#define MS_PER_S 1000
#define NS_PER_MS 1000000

struct worker {
	struct server_load *load;
	pid_t pid; /* 0: to be started at start_ms */
	int64_t start_ms;
	int64_t backoff_ms;
};

struct pool {
	const struct pool_config *config;
	struct worker workers[POOL_WORKERS_MAX];
	struct seats *seats; /* NULL: sessions are not counted */
	int bells[POOL_WORKERS_MAX];
	sigset_t signals;
	bool ending;
};

static _Noreturn void
work(const struct pool *pool, const struct worker *worker, pid_t parent)
{
	struct server_config config = pool->config->server;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* cannot fail */
	if (getppid() != parent)
		_exit(EX_OK);
	config.load = worker->load;
	config.sessions.seats = pool->seats;
	config.sessions.bells = pool->bells;
	config.sessions.process = (uint32_t)(worker - pool->workers);
	if (!pool->config->confine(pool->config->ctx))
		_exit(EX_OSERR);
	_exit(server_run(&config));
}

static void
start(struct pool *pool, struct worker *worker)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		work(pool, worker, parent);
	if (pid < 0) {
		log_error("fork: %m");
		worker->start_ms = clock_ms() + BACKOFF_MAX_MS;
		return;
	}
	worker->pid = pid;
	worker->start_ms = clock_ms();
}

/* Starts who is due; milliseconds until the next one is, or -1. */
static int64_t
start_due(struct pool *pool)
{
	int64_t now = clock_ms();
	int64_t wait = -1;
	unsigned int i;

	for (i = 0; i < pool->config->workers; i++) {
		struct worker *worker = &pool->workers[i];
		int64_t left = worker->start_ms - now;

		if (worker->pid)
			continue;
		if (left <= 0)
			start(pool, worker);
		else if (wait < 0 || left < wait)
			wait = left;
	}
	return wait;
}

static void
buried(struct pool *pool, struct worker *worker, int status)
{
	int64_t now = clock_ms();

	worker->pid = 0;
	atomic_store(&worker->load->clients, 0); /* gone with it */
	atomic_store(&worker->load->changed_ms, now);
	if (pool->seats)
		seats_forget(pool->seats, (uint32_t)(worker - pool->workers));
	if (pool->ending)
		return;
	if (now - worker->start_ms >= STEADY_MS || worker->backoff_ms == 0)
		worker->backoff_ms = BACKOFF_FIRST_MS;
	else if (worker->backoff_ms < BACKOFF_MAX_MS)
		worker->backoff_ms *= 2;
	worker->start_ms = now + worker->backoff_ms;
	log_error("a process ended with %s %d: started again in %lld ms",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    (long long)worker->backoff_ms);
}

static void
reap(struct pool *pool)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		unsigned int i;

		for (i = 0; i < pool->config->workers; i++)
			if (pool->workers[i].pid == pid)
				buried(pool, &pool->workers[i], status);
	}
}

/* Milliseconds until idleness would end us: 0 now, -1 never. */
static int64_t
idle_left(const struct pool *pool)
{
	int64_t idle = pool->config->idle_ms;
	int64_t changed = 0;
	int64_t left;
	unsigned int i;

	if (idle == 0)
		return -1;
	for (i = 0; i < pool->config->workers; i++) {
		const struct server_load *load = pool->workers[i].load;
		int64_t ms = atomic_load(&load->changed_ms);

		if (atomic_load(&load->clients))
			return idle;
		changed = ms > changed ? ms : changed;
	}
	left = changed + idle - clock_ms();
	return left > 0 ? left : 0;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Waits for a signal, at most ms milliseconds; 0 when none came. */
static int
wait_signal(const struct pool *pool, int64_t ms)
{
	struct timespec time = { ms / MS_PER_S, ms % MS_PER_S * NS_PER_MS };
	int got;

	if (ms < 0)
		got = sigwaitinfo(&pool->signals, NULL);
	else
		got = sigtimedwait(&pool->signals, NULL, &time);
	return got > 0 ? got : 0;
}

static void
keep_going(struct pool *pool)
{
	while (!pool->ending) {
		int64_t due = start_due(pool);
		int64_t idle = idle_left(pool);
		int got;

		if (idle == 0)
			return;
		got = wait_signal(pool, sooner(due, idle));
		if (got == SIGCHLD)
			reap(pool);
		else if (got)
			pool->ending = true;
	}
}

static void
end_all(struct pool *pool)
{
	unsigned int i;

	pool->ending = true;
	for (i = 0; i < pool->config->workers; i++)
		if (pool->workers[i].pid)
			(void)kill(pool->workers[i].pid, SIGTERM); /* or dead */
	for (i = 0; i < pool->config->workers; i++)
		while (pool->workers[i].pid &&
		       waitpid(pool->workers[i].pid, NULL, 0) < 0 &&
		       errno == EINTR)
			; /* again */
}

static bool
share_load(struct pool *pool)
{
	struct server_load *loads = mmap(NULL, POOL_WORKERS_MAX * sizeof *loads,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (loads == MAP_FAILED) {
		log_error("no shared memory: %m");
		return false;
	}
	for (i = 0; i < POOL_WORKERS_MAX; i++) {
		pool->workers[i].load = &loads[i];
		atomic_store(&loads[i].changed_ms, clock_ms());
	}
	return true;
}

/* Without it users may have as many sessions as they like. */
static void
share_seats(struct pool *pool)
{
	unsigned int i;

	pool->seats = seats_new(SEATS_MAX);
	for (i = 0; pool->seats && i < pool->config->workers; i++) {
		pool->bells[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (pool->bells[i] < 0)
			pool->seats = NULL;
	}
	if (pool->seats == NULL)
		log_warning("sessions are not counted: %m");
}

/* Signals to wait for.  One that whoever started us ignored would not come,
 * and a process that ended not be seen. */
static void
take_signals(struct pool *pool)
{
	static const int taken[] = { SIGCHLD, SIGTERM, SIGINT };
	const struct sigaction normal = { .sa_handler = SIG_DFL };
	size_t i;

	(void)sigemptyset(&pool->signals); /* none of these can fail */
	for (i = 0; i < sizeof taken / sizeof taken[0]; i++) {
		(void)sigaddset(&pool->signals, taken[i]);
		(void)sigaction(taken[i], &normal, NULL);
	}
	(void)sigprocmask(SIG_BLOCK, &pool->signals, NULL);
}

int
pool_run(const struct pool_config *config)
{
	struct pool pool = { .config = config };

	if (!share_load(&pool))
		return EX_OSERR;
	share_seats(&pool);
	take_signals(&pool);
	secret_inherit(true);
	keep_going(&pool);
	end_all(&pool);
	return EX_OK;
}
