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
places_add(struct places *places, const char *folder, const char *sub,
    const char *name, const struct store_config *quota, uint64_t octets)
{
	STR_AUTO path = STR_INIT;
	struct placed *placed;

	str_appendf(&path, "%s/%s/%s", folder, sub, name);
	places->list = mem_grow(places->list, &places->cap, places->count + 1,
	    sizeof *places->list);
	placed = &places->list[places->count++];
	*placed = (struct placed){ .path = str_take(&path), .octets = octets };
	if (quota) {
		placed->quota = quota->quota;
		placed->quota_ctx = quota->quota_ctx;
	}
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
