/* A store's functions from the command line, for tests against other programs
 * that work on the same Maildir:
 *   store_tool [-n] PATH VERB [ARGUMENT ...]
 * -n: no fsync. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/store/body.h"
#include "common/store/incoming.h"
#include "common/store/folder_change.h"
#include "common/store/mailbox.h"
#include "common/store/mailbox_copy.h"
#include "common/store/mailbox_message.h"
#include "common/store/metadata.h"
#include "common/store/replacing.h"

#define MESSAGE_MAX (64U << 20)
#define BATCH_MAX 16   /* messages of a batch */
#define EXPUNGE_MAX 16 /* uids of one expunge */

static struct err err;

static int
fail(int rc)
{
	fprintf(stderr, "store_tool: %s (%d)\n", err.text, rc);
	return 1;
}

static void
quota(void *ctx, int64_t octets, int64_t messages)
{
	(void)ctx;
	printf("quota %+" PRId64 " %+" PRId64 "\n", octets, messages);
}

/* Flags in a file name's letters; also keywords, by letter. */
static void
parse_flags(const char *text, uint8_t *flags, uint32_t *keywords)
{
	static const char letters[] = "SRFTDP!";
	const char *at;

	*flags = 0;
	*keywords = 0;
	for (; *text; text++) {
		if (*text >= 'a' && *text <= 'z')
			*keywords |= 1U << (*text - 'a');
		else if ((at = strchr(letters, *text)) != NULL)
			*flags |= (uint8_t)(1 << (at - letters));
	}
}

/* batch FOLDER COUNT: standard input into a folder so often, together. */
static int
cmd_batch(struct store *store, char **args)
{
	struct incoming_one list[BATCH_MAX];
	struct incoming_target target = { .store = store,
		.folder = slice_from(args[0]) };
	size_t n = 0, count = (size_t)atoi(args[1]);
	struct incoming_uids uids = { 0, 0 };
	char octets[65536];
	ssize_t len = read(0, octets, sizeof octets);
	int rc = len < 0 ? -EIO : 0;

	while (rc == 0 && n < count && n < BATCH_MAX) {
		list[n] = (struct incoming_one){ .flags = FLAG_SEEN };
		rc = incoming_open(store, &list[n].in, &err);
		if (rc == 0)
			rc = incoming_write(
			    list[n++].in, slice_of(octets, (size_t)len), &err);
	}
	if (rc == 0)
		rc = incoming_deliver_all(list, n, &target, &uids, &err);
	while (n > 0)
		incoming_free(list[--n].in);
	if (rc < 0)
		return fail(rc);
	printf("delivered %u %u\n", uids.first, uids.uidvalidity);
	return 0;
}

/* deliver FOLDER FLAGS [uid]: standard input into a folder ('!': recent). */
static int
cmd_deliver(struct store *store, char **args)
{
	struct incoming *in;
	struct incoming_target target = { .store = store, .create = true };
	uint32_t uid = 0, validity = 0;
	char octets[65536];
	ssize_t n;
	int rc;

	rc = incoming_open(store, &in, &err);
	if (rc < 0)
		return fail(rc);
	while ((n = read(0, octets, sizeof octets)) > 0)
		if (fileio_write(incoming_fd(in), slice_of(octets, (size_t)n)) <
		    0)
			return 1;
	target.folder = slice_from(args[0]);
	parse_flags(args[1], &target.flags, &target.keywords);
	target.want_uid = args[2] != NULL;
	rc = incoming_deliver(in, &target, &uid, &validity, &err);
	incoming_free(in);
	if (rc < 0)
		return fail(rc);
	printf("delivered %u %u\n", uid, validity);
	return 0;
}

static void
print_message(struct mailbox *mb, uint32_t seq)
{
	static const char letters[] = "SRFTDP!";
	const struct message *m = mailbox_message(mb, seq);
	STR_AUTO uidl = STR_INIT;
	uint64_t size = 0;
	unsigned i;

	printf("%u ", m->uid);
	for (i = 0; i < 7; i++)
		if (m->flags & 1 << i)
			putchar(letters[i]);
	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++)
		if (m->keywords & 1U << i)
			printf(",%s", mailbox_keyword(mb, i)
					  ? mailbox_keyword(mb, i)
					  : "?");
	(void)mailbox_message_size(mb, seq, &size, &err); /* shows as 0 */
	mailbox_message_uidl(mb, seq, &uidl);
	printf(" %" PRIu64 " %s\n", size, str_cstr(&uidl));
}

static int
open_mailbox(struct store *store, const char *name, struct mailbox **ret_mb)
{
	int rc = mailbox_open(
	    store, slice_from(name), MAILBOX_READ_WRITE, ret_mb, &err);

	return rc < 0 ? fail(rc) : 0;
}

/* show FOLDER: the view. */
static int
cmd_show(struct store *store, char **args)
{
	struct mailbox *mb;
	uint32_t i;

	if (open_mailbox(store, args[0], &mb))
		return 1;
	printf("validity %u next %u count %u recent %u\n",
	    mailbox_uidvalidity(mb), mailbox_uidnext(mb), mailbox_count(mb),
	    mailbox_recent(mb));
	for (i = 1; i <= mailbox_count(mb); i++)
		print_message(mb, i);
	mailbox_free(mb);
	return 0;
}

/* flags FOLDER UID +|-|= FLAGS [KEYWORD]. */
static int
cmd_flags(struct store *store, char **args)
{
	enum flags_op op = args[2][0] == '+'   ? FLAGS_ADD
			   : args[2][0] == '-' ? FLAGS_REMOVE
					       : FLAGS_REPLACE;
	struct flags_change change = { .op = op,
		.unchanged_since = FLAGS_WHATEVER };
	struct mailbox *mb;
	uint32_t seq;
	int rc = 0;

	if (open_mailbox(store, args[0], &mb))
		return 1;
	parse_flags(args[3], &change.flags, &change.keywords);
	seq = mailbox_seq_of(mb, (uint32_t)atol(args[1]), NULL);
	if (args[4])
		rc = mailbox_keyword_make(mb, slice_from(args[4]), &err);
	if (args[4] && rc >= 0)
		change.keywords |= 1U << rc;
	if (rc >= 0)
		rc = mailbox_set_flags(mb, seq, &change, &err);
	mailbox_free(mb);
	return rc < 0 ? fail(rc) : 0;
}

/* expunge FOLDER UID... */
static int
cmd_expunge(struct store *store, char **args)
{
	struct mailbox *mb;
	uint32_t uids[EXPUNGE_MAX];
	size_t n = 0;
	int rc;

	if (open_mailbox(store, args[0], &mb))
		return 1;
	while (n < EXPUNGE_MAX && args[n + 1]) {
		uids[n] = (uint32_t)atol(args[n + 1]);
		n++;
	}
	rc = mailbox_expunge(mb, EXPUNGE_ANY, uids, n, &err);
	mailbox_free(mb);
	return rc < 0 ? fail(rc) : 0;
}

/* copy or move FROM TO: all messages. */
static int
transfer(struct store *store, char **args, bool move)
{
	struct mailbox_copies copies;
	struct mailbox_moves moves = { .count = 0 };
	struct mailbox_seqs all;
	struct mailbox *mb;
	uint32_t *seqs, i, n;
	int rc;

	if (open_mailbox(store, args[0], &mb))
		return 1;
	n = mailbox_count(mb);
	seqs = calloc(n + 1, sizeof *seqs);
	moves.moved = calloc(n + 1, sizeof *moves.moved);
	for (i = 0; i < n; i++)
		seqs[i] = i + 1;
	all = (struct mailbox_seqs){ seqs, n };
	rc = move ? mailbox_move(mb, all, slice_from(args[1]), &moves, &err)
		  : mailbox_copy(mb, all, slice_from(args[1]), &copies, &err);
	mailbox_free(mb);
	free(seqs);
	free(moves.moved);
	return rc < 0 ? fail(rc) : 0;
}

static int
cmd_copy(struct store *store, char **args)
{
	return transfer(store, args, false);
}

static int
cmd_move(struct store *store, char **args)
{
	return transfer(store, args, true);
}

static int
cmd_delete(struct store *store, char **args)
{
	int rc = store_delete(store, slice_from(args[0]), &err);

	return rc < 0 ? fail(rc) : 0;
}

/* replace FOLDER UID TO: standard input takes the place of a message. */
static int
cmd_replace(struct store *store, char **args)
{
	struct incoming_target target = {
		.store = store, .folder = slice_from(args[2]), .want_uid = true
	};
	uint32_t old = (uint32_t)atol(args[1]), uid, validity;
	struct replacing replacing;
	struct incoming *in;
	struct mailbox *mb;
	char octets[65536];
	ssize_t len = read(0, octets, sizeof octets);
	int rc;

	if (len < 0 || open_mailbox(store, args[0], &mb))
		return 1;
	rc = incoming_open(store, &in, &err);
	if (rc < 0)
		return fail(rc);
	rc = incoming_write(in, slice_of(octets, (size_t)len), &err);
	if (rc == 0)
		rc = replacing_begin(&replacing, mb,
		    mailbox_seq_of(mb, old, NULL), target.folder, &err);
	if (rc == 0) {
		target.name = str_slice(&replacing.name);
		rc = incoming_deliver(in, &target, &uid, &validity, &err);
		if (rc == 0)
			rc = mailbox_expunge(mb, EXPUNGE_SOLE, &old, 1, &err);
		replacing_end(&replacing);
	}
	incoming_free(in);
	mailbox_free(mb);
	return rc < 0 ? fail(rc) : 0;
}

/* folders: name, E exists, C children, S subscribed. */
static int
cmd_folders(struct store *store, char **args)
{
	struct store_folder *list;
	size_t n, i;
	int rc = store_list(store, &list, &n, &err);

	(void)args;
	if (rc < 0)
		return fail(rc);
	for (i = 0; i < n; i++)
		printf("%s %s%s%s\n", list[i].name, list[i].exists ? "E" : "",
		    list[i].children ? "C" : "", list[i].subscribed ? "S" : "");
	store_folders_free(list, n);
	return 0;
}

/* note FOLDER ENTRY VALUE [ENTRY VALUE]: metadata. */
static int
cmd_note(struct store *store, char **args)
{
	struct metadata_entry entries[2];
	size_t n = 0;
	int rc;

	for (n = 0; n < 2 && args[2 * n + 1]; n++)
		entries[n] =
		    (struct metadata_entry){ slice_from(args[2 * n + 1]),
			    slice_from(args[2 * n + 2]) };
	rc = metadata_write(store, slice_from(args[0]), entries, n, &err);
	return rc < 0 ? fail(rc) : 0;
}

static int
cmd_create(struct store *store, char **args)
{
	int rc = store_create(store, slice_from(args[0]), &err);

	return rc < 0 ? fail(rc) : 0;
}

/* subscribe FOLDER +|-. */
static int
cmd_subscribe(struct store *store, char **args)
{
	int rc = store_subscribe(
	    store, slice_from(args[0]), args[1][0] == '+', &err);

	return rc < 0 ? fail(rc) : 0;
}

static int
cmd_usage(struct store *store, char **args)
{
	uint64_t octets, messages;
	int rc = store_usage(store, &octets, &messages, &err);

	(void)args;
	if (rc < 0)
		return fail(rc);
	printf("%" PRIu64 " %" PRIu64 "\n", octets, messages);
	return 0;
}

int
main(int argc, char **argv)
{
	/* clang-format off */
	static const struct {
		const char *verb;
		int args;
		int (*run)(struct store *store, char **args);
	} verbs[] = {
		{ "deliver", 2, cmd_deliver },
		{ "batch", 2, cmd_batch },
		{ "show", 1, cmd_show },
		{ "copy", 2, cmd_copy },
		{ "move", 2, cmd_move },
		{ "delete", 1, cmd_delete },
		{ "replace", 3, cmd_replace },
		{ "flags", 4, cmd_flags },
		{ "expunge", 2, cmd_expunge },
		{ "folders", 0, cmd_folders },
		{ "create", 1, cmd_create },
		{ "note", 3, cmd_note },
		{ "subscribe", 2, cmd_subscribe },
		{ "usage", 0, cmd_usage },
	};
	/* clang-format on */
	struct store_config config = { .sync = true,
		.host = "test.example",
		.quota_ignore = "Sent",
		.quota = quota };
	struct store *store;
	size_t i;
	int rc;

	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		config.sync = false;
		argv++;
		argc--;
	}
	if (argc < 3)
		return 2;
	rc = store_open(argv[1], STORE_CREATE, &config, &store, &err);
	if (rc < 0)
		return fail(rc);
	for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].verb, argv[2]) == 0 &&
		    argc - 3 >= verbs[i].args)
			break;
	rc = i < sizeof verbs / sizeof verbs[0] ? verbs[i].run(store, argv + 3)
						: 2;
	store_free(store);
	return rc;
}
