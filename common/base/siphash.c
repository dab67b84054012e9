#include "common/base/siphash.h"

#include <endian.h>
#include <string.h>

#define WORD 8 /* octets that a round of compression takes */

struct state {
	uint64_t v[4];
};

static inline uint64_t
turn(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void
sip_round(struct state *s)
{
	s->v[0] += s->v[1];
	s->v[1] = turn(s->v[1], 13) ^ s->v[0];
	s->v[0] = turn(s->v[0], 32);
	s->v[2] += s->v[3];
	s->v[3] = turn(s->v[3], 16) ^ s->v[2];
	s->v[0] += s->v[3];
	s->v[3] = turn(s->v[3], 21) ^ s->v[0];
	s->v[2] += s->v[1];
	s->v[1] = turn(s->v[1], 17) ^ s->v[2];
	s->v[2] = turn(s->v[2], 32);
}

static inline void
compress(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	sip_round(s);
	sip_round(s);
	s->v[0] ^= word;
}

/* Up to WORD octets, the first one the lowest. */
static uint64_t
word_of(const char *octets, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, octets, n);
	return le64toh(word);
}

uint64_t
siphash(const uint64_t key[2], struct slice octets)
{
	/* the constants are the text "somepseudorandomlygeneratedbytes" */
	struct state s = { { key[0] ^ 0x736f6d6570736575U,
	    key[1] ^ 0x646f72616e646f6dU, key[0] ^ 0x6c7967656e657261U,
	    key[1] ^ 0x7465646279746573U } };
	uint64_t length = (uint64_t)octets.len << 56;
	int i;

	for (; octets.len >= WORD; octets = slice_skip(octets, WORD))
		compress(&s, word_of(octets.ptr, WORD));
	if (octets.len)
		length |= word_of(octets.ptr, octets.len);
	compress(&s, length);
	s.v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(&s);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
