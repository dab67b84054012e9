#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/err.h"

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		e->code = code;
		va_start(ap, fmt);
		(void)vsnprintf(
		    e->text, sizeof e->text, fmt, ap); /* cut is fine */
		va_end(ap);
	}
	return code > 0 ? -code : -EIO;
}

int
err_sys(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (e) {
		e->code = code;
		va_start(ap, fmt);
		(void)vsnprintf(
		    e->text, sizeof e->text, fmt, ap); /* cut is fine */
		va_end(ap);
		n = strlen(e->text);
		(void)snprintf(e->text + n, sizeof e->text - n, ": %s",
		    strerror(code)); /* cut is fine */
	}
	return code > 0 ? -code : -EIO;
}
