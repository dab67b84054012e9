#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/withdraw.h"

void
places_add(struct places *places, const struct place *place)
{
	places->list = mem_grow(places->list, &places->cap, places->count + 1,
	    sizeof *places->list);
	places->list[places->count++] = *place;
}

static int
sync_dir(const struct place *place)
{
	return place->sync && fsync(place->dir) < 0 ? -errno : 0;
}

int
places_sync(struct places *places, struct err *err)
{
	size_t i;

	for (i = places->done; i < places->count; i++) {
		int rc = sync_dir(&places->list[i]);

		if (rc < 0)
			return err_sys(
			    err, -rc, "fsync for %s", places->list[i].path);
	}
	/* not in between: each sets a data base to work on the same disk */
	for (; places->done < places->count; places->done++) {
		const struct place *place = &places->list[places->done];

		if (place->quota)
			place->quota(
			    place->quota_ctx, (int64_t)place->octets, 1);
	}
	return 0;
}

/* Takes the message back from one place; counted: its quota knows of it. */
static int
withdraw(const struct place *place, bool counted)
{
	const char *slash = strrchr(place->path, '/');

	if (unlinkat(place->dir, slash ? slash + 1 : place->path, 0) < 0)
		return -errno;
	if (counted && place->quota)
		place->quota(place->quota_ctx, -(int64_t)place->octets, -1);
	return 0;
}

static void
forget_from(struct places *places, size_t from)
{
	while (places->count > from) {
		struct place *place = &places->list[--places->count];

		fileio_close(&place->dir);
		free(place->path);
	}
	if (places->done > from)
		places->done = from;
}

int
places_withdraw(struct places *places, size_t from, struct err *err)
{
	int rc = 0;
	size_t i;

	for (i = from; i < places->count; i++) {
		const struct place *place = &places->list[i];
		int result = withdraw(place, i < places->done);

		if (result < 0 && rc == 0)
			rc = err_sys(err, -result, "%s", place->path);
	}
	for (i = from; i < places->count; i++)
		(void)sync_dir(&places->list[i]); /* a crash brings it back */
	forget_from(places, from);
	return rc;
}

void
places_clear(struct places *places)
{
	forget_from(places, 0);
	free(places->list);
	*places = (struct places){ NULL, 0, 0, 0 };
}
