#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/reputation.h"
#include "common/net/network.h"

#define HASH_START 0xcbf29ce484222325ULL /* FNV-1a */
#define HASH_PRIME 0x100000001b3ULL

struct record {
	uint64_t checksum; /* of all that follows */
	uint64_t expires;
	unsigned char address[NETWORK_OCTETS];
	uint32_t len;
	char body[REPUTATION_MAX];
	char unused[REPUTATION_RECORD - REPUTATION_MAX - 36];
};

_Static_assert(sizeof(struct record) == REPUTATION_RECORD, "no padding");

struct set {
	struct record ways[REPUTATION_WAYS];
};

static uint64_t
hash(const void *octets, size_t len)
{
	const unsigned char *p = octets;
	uint64_t value = HASH_START;
	size_t i;

	for (i = 0; i < len; i++)
		value = (value ^ p[i]) * HASH_PRIME;
	return value;
}

static uint64_t
checksum(const struct record *r)
{
	return hash((const char *)r + sizeof r->checksum,
	    sizeof *r - sizeof r->checksum);
}

static bool
is_valid(const struct record *r, uint64_t now)
{
	return r->expires > now && r->len <= sizeof r->body &&
	       r->checksum == checksum(r);
}

int
reputation_open(const char *folder, struct err *err)
{
	STR_AUTO path = STR_INIT;
	int fd;

	str_appendf(&path, "%s/%s", folder, REPUTATION_FILE);
	fd = open(
	    str_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? err_sys(err, errno, "%s", str_cstr(&path)) : fd;
}

/* Where the address's set is; false for no address. */
static bool
find_set(const char *address, struct network *key, off_t *ret_at)
{
	if (!network_of(address, 32, 128, key))
		return false;
	*ret_at =
	    (off_t)(hash(key->octets, sizeof key->octets) % REPUTATION_SETS) *
	    (off_t)sizeof(struct set);
	return true;
}

/* What is beyond the file's end is as if it were empty. */
static void
read_set(int fd, off_t at, struct set *set)
{
	memset(set, 0, sizeof *set);
	if (pread(fd, set, sizeof *set, at) < 0)
		memset(set, 0, sizeof *set);
}

bool
reputation_recall(int fd, const char *address, uint64_t now, struct str *out)
{
	struct network key;
	struct set set;
	off_t at;
	size_t i;

	if (fd < 0 || !find_set(address, &key, &at))
		return false;
	read_set(fd, at, &set);
	for (i = 0; i < REPUTATION_WAYS; i++) {
		const struct record *r = &set.ways[i];

		if (memcmp(r->address, key.octets, sizeof r->address) == 0 &&
		    is_valid(r, now)) {
			str_append_mem(out, r->body, r->len);
			return true;
		}
	}
	return false;
}

/* The place for the address: its own, or the one whose record ends first. */
static size_t
choose_way(const struct set *set, const struct network *key, uint64_t now)
{
	uint64_t least = UINT64_MAX;
	size_t i, best = 0;

	for (i = 0; i < REPUTATION_WAYS; i++) {
		const struct record *r = &set->ways[i];
		uint64_t expires = is_valid(r, now) ? r->expires : 0;

		if (memcmp(r->address, key->octets, sizeof r->address) == 0)
			return i;
		if (expires < least) {
			least = expires;
			best = i;
		}
	}
	return best;
}

void
reputation_remember(int fd, const struct reputation *what, uint64_t now)
{
	struct record record = { .expires = what->expires,
		.len = (uint32_t)what->body.len };
	struct network key;
	struct set set;
	off_t at;

	if (fd < 0 || what->body.len > REPUTATION_MAX ||
	    !find_set(what->address, &key, &at))
		return;
	memcpy(record.address, key.octets, sizeof record.address);
	memcpy(record.body, what->body.ptr, what->body.len);
	record.checksum = checksum(&record);
	read_set(fd, at, &set);
	at += (off_t)(choose_way(&set, &key, now) * sizeof record);
	/* a cache that cannot be written is one that does not know */
	(void)!pwrite(fd, &record, sizeof record, at);
}
