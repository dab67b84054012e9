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
	int first = 0;
	size_t i;

	for (i = 0; i < places->count; i++) {
		struct place *place = &places->list[i];
		int rc = 0;

		if (place->state == PLACE_LINKED)
			rc = sync_dir(place);
		if (rc < 0)
			place->state = PLACE_FAILED;
		else if (place->state == PLACE_FAILED)
			rc = -EIO; /* the system tells it only once */
		if (rc < 0 && first == 0)
			first = err_sys(err, -rc, "fsync for %s", place->path);
	}
	/* not in between: each sets a data base to work on the same disk */
	for (i = 0; i < places->count; i++) {
		struct place *place = &places->list[i];

		if (place->state != PLACE_LINKED)
			continue;
		place->state = PLACE_DONE;
		if (place->quota)
			place->quota(
			    place->quota_ctx, (int64_t)place->octets, 1);
	}
	return first;
}

/* Takes the message back from one place. */
static int
withdraw(struct place *place)
{
	const char *slash = strrchr(place->path, '/');
	bool counted = place->state == PLACE_DONE;

	if (place->state == PLACE_GONE)
		return 0;
	if (unlinkat(place->dir, slash ? slash + 1 : place->path, 0) < 0)
		return -errno;
	place->state = PLACE_GONE;
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
}

int
places_withdraw_at(struct places *places, size_t at, struct err *err)
{
	struct place *place = &places->list[at];
	int rc = withdraw(place);

	if (rc < 0)
		return err_sys(err, -rc, "%s", place->path);
	(void)sync_dir(place); /* a crash brings it back */
	return 0;
}

int
places_withdraw(struct places *places, size_t from, struct err *err)
{
	int rc = 0;
	size_t i;

	for (i = from; i < places->count; i++) {
		struct place *place = &places->list[i];
		int result = withdraw(place);

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
	*places = (struct places){ NULL, 0, 0 };
}
