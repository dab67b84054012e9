/* DNS messages made by hand, for the tests of the resolver.
 * Never used outside them. */
#ifndef NJIWA_TESTS_UNIT_DNS_REPLY_H
#define NJIWA_TESTS_UNIT_DNS_REPLY_H

#include "common/base/str.h"

/* A message: the question of ask with flags and these counts; records are
 * appended behind it. */
static inline void
reply_begin(struct slice ask, unsigned flags, const unsigned char counts[3],
    struct str *out)
{
	size_t i, end = 12;

	while (end < ask.len && ask.ptr[end])
		end += (size_t)ask.ptr[end] + 1;
	end += 5; /* the root, type, class */
	str_append(out, slice_head(ask, end));
	out->ptr[2] = (char)(flags >> 8);
	out->ptr[3] = (char)(flags & 0xff);
	for (i = 0; i < 3; i++) {
		out->ptr[6 + 2 * i] = 0;
		out->ptr[7 + 2 * i] = (char)counts[i];
	}
}

/* A record: its owner as a wire name (or a pointer), type, ttl, data. */
static inline void
reply_record(struct slice owner, unsigned type, unsigned ttl, struct slice data,
    struct str *out)
{
	str_append(out, owner);
	str_append_char(out, (char)(type >> 8));
	str_append_char(out, (char)(type & 0xff));
	str_append_mem(out, "\0\1\0\0", 4);
	str_append_char(out, (char)(ttl >> 8));
	str_append_char(out, (char)(ttl & 0xff));
	str_append_char(out, (char)(data.len >> 8));
	str_append_char(out, (char)(data.len & 0xff));
	str_append(out, data);
}

#define OCTETS(literal) slice_of(literal, sizeof(literal) - 1)
#define QNAME OCTETS("\xc0\x0c") /* a pointer to the question's name */

#endif
