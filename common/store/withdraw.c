#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/store/withdraw.h"

struct placed {
	char *path;
	uint64_t octets;
	store_quota *quota; /* NULL: it was not counted */
	void *quota_ctx;
};

void
places_add(struct places *places, struct slice path,
    const struct store_config *config, uint64_t octets)
{
	struct placed placed = { .path = mem_strndup(path.ptr, path.len),
		.octets = octets };

	if (config) {
		placed.quota = config->quota;
		placed.quota_ctx = config->quota_ctx;
	}
	places->list = mem_grow(places->list, &places->cap, places->count + 1,
	    sizeof *places->list);
	places->list[places->count++] = placed;
}

int
places_withdraw(struct places *places, struct err *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < places->count; i++) {
		struct placed *placed = &places->list[i];

		if (unlink(placed->path) < 0) {
			if (rc == 0)
				rc = err_sys(err, errno, "%s", placed->path);
		} else if (placed->quota) {
			placed->quota(
			    placed->quota_ctx, -(int64_t)placed->octets, -1);
		}
	}
	places_clear(places);
	return rc;
}

void
places_clear(struct places *places)
{
	size_t i;

	for (i = 0; i < places->count; i++)
		free(places->list[i].path);
	free(places->list);
	*places = (struct places){ NULL, 0, 0 };
}
