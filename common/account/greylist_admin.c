#include <stdlib.h>

#include "common/account/account_admin_own.h"
#include "common/account/greylist_admin.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/num.h"

static const char list_all[] =
    "SELECT network, sender, recipient, first_seen, expires, passed "
    "FROM greylist WHERE expires >= ? ORDER BY network, sender, recipient";
static const char list_network[] =
    "SELECT network, sender, recipient, first_seen, expires, passed "
    "FROM greylist WHERE expires >= ? AND network = ? "
    "ORDER BY network, sender, recipient";
static const char forget[] = "DELETE FROM greylist WHERE network = ?";

struct listing {
	greylist_seen *seen;
	void *ctx;
};

static char *
text_of(const struct db_row *row, size_t i)
{
	struct slice text = account_admin_column(row, i);

	return mem_strndup(text.ptr, text.len);
}

static int64_t
number_of(const struct db_row *row, size_t i)
{
	uint64_t value = 0;

	(void)num_parse(/* else 0 */
	    account_admin_column(row, i), INT64_MAX, &value);
	return (int64_t)value;
}

static void
see(void *ctx, const struct db_row *row)
{
	const struct listing *listing = ctx;
	char *texts[] = { text_of(row, 0), text_of(row, 1), text_of(row, 2) };
	const struct greylist_row shown = { texts[0], texts[1], texts[2],
		number_of(row, 3), number_of(row, 4), number_of(row, 5) };
	size_t i;

	listing->seen(listing->ctx, &shown);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		free(texts[i]);
}

int
greylist_list(struct account_admin *admin, const char *network,
    greylist_seen *seen, void *ctx, struct err *err)
{
	struct listing listing = { seen, ctx };
	const struct db_value values[] = { db_number(clock_now().tv_sec),
		db_text(slice_from(network)) };
	struct sql_run run = { network[0] ? list_network : list_all, values,
		network[0] ? 2 : 1, see, &listing, 0 };

	return account_admin_run(admin, &run, err);
}

int
greylist_forget(
    struct account_admin *admin, const char *network, struct err *err)
{
	const struct db_value value = db_text(slice_from(network));
	struct sql_run run = { forget, &value, 1, NULL, NULL, 0 };

	return account_admin_change(admin, &run, network, err);
}
