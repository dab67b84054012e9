#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/tally.h"

#define HEAD 4096
#define PERIOD 3600

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is in the file, what is counted now is counted right. */
static void
use(struct tally *tally, uint8_t octet)
{
	struct tally_key key = { .octets = { octet }, .bits = 32, .kind = 1 };
	struct tally_entry e = tally_find(tally, &key, true);
	uint32_t before = tally_count(e, 0, PERIOD);

	if (e.slot == NULL)
		__builtin_trap();
	(void)tally_add(e, 0, PERIOD, 0);
	if (before < TALLY_MAX && tally_count(e, 0, PERIOD) != before + 1)
		__builtin_trap();
	(void)tally_mark_once(e, 1, PERIOD);
	if (!tally_marked(e, 1, PERIOD))
		__builtin_trap();
	tally_forget(tally, &key);
	if (tally_find(tally, &key, false).slot == e.slot)
		__builtin_trap();
}

static void
see(void *ctx, const struct tally_key *key, struct tally_entry entry)
{
	(void)key;
	*(uint32_t *)ctx += tally_count(entry, 0, PERIOD) > 0;
}

/* The first octet says where in the file the others are put: in its head, or
 * behind it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[PATH_MAX];
	struct tally_config config = { .path = path,
		.slots = TALLY_SLOTS_MIN,
		.owner = geteuid(),
		.group = getegid(),
		.keep = PERIOD,
		.create = true };
	struct tally *tally;
	uint32_t seen = 0;
	int fd, i;

	if (size < 2)
		return 0;
	clock_fake((struct timespec){ 1700000000, 0 });
	(void)snprintf(
	    path, sizeof path, "/dev/shm/fuzz_tally.%ld", (long)getpid());
	if (tally_open(&config, &tally, NULL) < 0)
		return 0;
	tally_close(tally);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, data + 1, size - 1,
			  data[0] & 1 ? HEAD : data[0] / 2) < 0)
		abort();
	(void)close(fd); /* it was written */
	if (tally_open(&config, &tally, NULL) < 0)
		__builtin_trap();
	tally_each(tally, see, &seen);
	for (i = 0; i < 4; i++)
		use(tally, (uint8_t)i);
	tally_close(tally);
	(void)unlink(path); /* of this run alone */
	return 0;
}
