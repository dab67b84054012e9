/* Heavy libraries behind small loadable drivers, loaded when first needed: a
 * connection pays only for what it uses.  Never unloads one. */
#ifndef NJIWA_BASE_DRIVER_H
#define NJIWA_BASE_DRIVER_H

#include "common/base/err.h"

/*
 * The symbol (a struct of functions) of the driver called name, loaded from
 * the drivers' folder: NJIWA_LIBDIR of the environment, else the installed
 * one.  NULL with err filled when it is not there; the text says which
 * package brings it.
 */
const void *driver_load(const char *name, const char *symbol, struct err *err);

/* The drivers' folder, for sandboxes that must keep it readable. */
const char *driver_folder(void);

#endif
