#include "cmd/imapd/select.h"

#include "cmd/imapd/condstore.h"

void
select_release(struct select_wanted *wanted)
{
	seqset_release(&wanted->point.known);
	seqset_release(&wanted->point.seqs);
	seqset_release(&wanted->point.uids);
}

/* A set of numbers that the client knows, so none of them is "*". */
static bool
parse_set(struct args *args, struct seqset *set)
{
	struct slice text;

	if (!args_sequence(args, &text) || !seqset_parse(text, set) ||
	    set->star)
		return args_fail(args);
	seqset_resolve(set, UINT32_MAX);
	return true;
}

/* "(" numbers SP uids ")" */
static bool
parse_pairs(struct args *args, struct resync_point *point)
{
	point->pairs_given = true;
	return args_open(args) && parse_set(args, &point->seqs) &&
	       args_space(args) && parse_set(args, &point->uids) &&
	       !args_more(args, false) && !args->bad &&
	       (seqset_size(&point->seqs) == seqset_size(&point->uids) ||
		   args_fail(args));
}

/* SP "(" uidvalidity SP modseq [SP uids] [SP pairs] ")" */
static bool
parse_qresync(struct args *args, struct resync_point *point)
{
	uint64_t number;

	if (!args_space(args) || !args_open(args) ||
	    !args_number(args, UINT32_MAX, &number) || number == 0 ||
	    !args_space(args) || !condstore_parse(args, &point->modseq))
		return args_fail(args);
	point->uidvalidity = (uint32_t)number;
	if (!args_more(args, false))
		return !args->bad;
	if (args_peek(args) != '(') {
		point->known_given = true;
		if (!parse_set(args, &point->known))
			return false;
		if (!args_more(args, false))
			return !args->bad;
	}
	return parse_pairs(args, point) && !args_more(args, false) &&
	       !args->bad;
}

/* One parameter, each at most once. */
static bool
parse_parameter(struct args *args, void *ctx)
{
	struct select_wanted *wanted = ctx;
	struct slice name;

	if (!args_atom(args, &name))
		return false;
	if (slice_is_nocase(name, "CONDSTORE") && !wanted->condstore) {
		wanted->condstore = true;
		return true;
	}
	if (!slice_is_nocase(name, "QRESYNC") || wanted->qresync)
		return args_fail(args);
	wanted->qresync = true;
	return parse_qresync(args, &wanted->point);
}

bool
select_parse(struct args *args, struct select_wanted *wanted)
{
	return args_modifiers(args, parse_parameter, wanted);
}
