#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/driver.h"

const char *
driver_folder(void)
{
	const char *dir = secure_getenv("NJIWA_LIBDIR");

	return dir && dir[0] == '/' ? dir : NJIWA_DRIVER_DIR;
}

const void *
driver_load(const char *name, const char *symbol, struct err *err)
{
	char path[PATH_MAX];
	const void *found;
	void *handle;
	int n;

	n = snprintf(path, sizeof path, "%s/%s.so", driver_folder(), name);
	if (n < 0 || (size_t)n >= sizeof path) {
		(void)err_set(
		    err, ENAMETOOLONG, "drivers' folder"); /* NULL says it */
		return NULL;
	}
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	found = handle ? dlsym(handle, symbol) : NULL;
	if (found == NULL)
		(void)err_set(err, ENOENT, "driver %s: %s", name, dlerror());
	return found;
}
