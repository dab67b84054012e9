/* The parsers of arguments.  The first octet chooses one: SEARCH keys, FETCH
 * items, a sequence set, ENVELOPE addresses, a LIST pattern and a name, the
 * parameters of SELECT, a page of results. */
#include "cmd/imapd/envelope.h"
#include "cmd/imapd/fetch.h"
#include "cmd/imapd/mailbox_name.h"
#include "cmd/imapd/search.h"
#include "cmd/imapd/select.h"
#include "cmd/imapd/store.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		__builtin_trap();
}

static void
try_search(struct slice text)
{
	struct str scratch = STR_INIT;
	struct search_program program;
	struct args args;
	bool charset;
	size_t i;

	args_init(&args, text, &scratch);
	if (search_parse(&args, &program, &charset) == NULL) {
		check(args_end(&args) && program.count <= SEARCH_NODES_MAX);
		for (i = 0; i < program.count; i++) {
			check(program.nodes[i].child < program.count);
			check(program.nodes[i].next < program.count);
		}
	}
	search_release(&program);
	str_release(&scratch);
}

static void
try_fetch(struct slice text)
{
	struct str scratch = STR_INIT;
	struct fetch_plan plan;
	struct args args;

	args_init(&args, text, &scratch);
	if (fetch_parse(&args, &plan) == NULL)
		check(plan.nsections <= FETCH_SECTIONS_MAX &&
		      (plan.items || plan.nsections));
	fetch_plan_release(&plan);
	str_release(&scratch);
}

/* What is printed reads back as the same set. */
static void
try_set(struct slice text)
{
	struct seqset set = { 0 }, again = { 0 };
	STR_AUTO printed = STR_INIT;
	size_t i;

	if (seqset_parse(text, &set)) {
		seqset_resolve(&set, 1000);
		seqset_print(&set, &printed);
		check(seqset_parse(str_slice(&printed), &again));
		check(again.count == set.count);
		for (i = 0; i < set.count; i++) {
			check(set.ranges[i].first == again.ranges[i].first);
			check(set.ranges[i].last == again.ranges[i].last);
			check(seqset_has(&set, set.ranges[i].first));
			check(i == 0 ||
			      set.ranges[i].first - set.ranges[i - 1].last > 1);
		}
	}
	seqset_release(&set);
	seqset_release(&again);
}

static void
try_addresses(struct slice text)
{
	STR_AUTO out = STR_INIT;

	envelope_addresses(text, &out);
	check(slice_is(str_slice(&out), "NIL") ||
	      slice_starts(str_slice(&out), "(("));
	str_clear(&out);
	envelope_append(text, &out);
	check(out.ptr[0] == '(' && out.ptr[out.len - 1] == ')');
}

static void
try_names(struct slice text)
{
	struct slice name = text, pattern = text;
	struct str scratch = STR_INIT;
	struct flag_list flags;
	struct args args;
	size_t at = slice_find(text, '\n');

	args_init(&args, text, &scratch);
	if (flag_list_parse(&args, true, &flags))
		check(flags.nkeywords <= FLAG_KEYWORDS_MAX &&
		      !(flags.flags & FLAG_RECENT));
	str_release(&scratch);
	if (text.len > 400 || at == text.len)
		return;
	name = slice_head(text, at);
	pattern = slice_skip(text, at + 1);
	if (mailbox_name_matches(name, pattern))
		check(name.len == 0 || pattern.len > 0);
	check(mailbox_name_matches(name, slice_from("*")));
}

static void
try_select(struct slice text)
{
	struct select_wanted wanted = { .condstore = false };
	const struct resync_point *point = &wanted.point;
	struct str scratch = STR_INIT;
	struct args args;

	args_init(&args, text, &scratch);
	if (select_parse(&args, &wanted)) {
		check(args_end(&args));
		check(!wanted.qresync || point->uidvalidity > 0);
		check(point->modseq <= INT64_MAX);
		check(point->known_given == (point->known.count > 0));
		check(point->pairs_given == (point->seqs.count > 0));
		check(seqset_size(&point->seqs) == seqset_size(&point->uids));
	}
	select_release(&wanted);
	str_release(&scratch);
}

/* A page of a set has as many numbers as it has places, and all of them are
 * the set's. */
static void
try_page(struct slice text)
{
	struct seqset set = { 0 }, part = { 0 }, both = { 0 };
	struct str scratch = STR_INIT;
	struct partial page;
	uint64_t first, last;
	struct args args;

	args_init(&args, text, &scratch);
	if (partial_parse(&args, &page) && args_space(&args) &&
	    seqset_parse(args.rest, &set)) {
		seqset_resolve(&set, 1000);
		if (partial_places(&page, seqset_size(&set), &first, &last)) {
			check(first > 0 && first <= last);
			seqset_cut(&set, first, last, &part);
			check(seqset_size(&part) == last - first + 1);
			seqset_intersect(&set, &part, &both);
			check(seqset_size(&both) == seqset_size(&part));
		}
	}
	seqset_release(&set);
	seqset_release(&part);
	seqset_release(&both);
	str_release(&scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct slice) = { try_search, try_fetch,
		try_set, try_addresses, try_names, try_select, try_page };
	struct slice text = slice_of((const char *)data, size);

	const size_t n = sizeof targets / sizeof targets[0];

	if (size)
		targets[data[0] % n](slice_skip(text, 1));
	return 0;
}
