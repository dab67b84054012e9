/* What a library function says about its failure: a code and one line of text,
 * made where it failed.  Library code fills it; only svc and cmd print it. */
#ifndef NJIWA_BASE_ERR_H
#define NJIWA_BASE_ERR_H

#define ERR_TEXT_MAX 256

struct err {
	int code; /* a positive errno, or 0 when there is no better word */
	char text[ERR_TEXT_MAX];
};

/* Fills e (which may be NULL) with code and text.  Returns -code, or -EIO when
 * code is 0, so that a caller can write: return err_set(e, errno, ...). */
int err_set(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and strerror(code) behind the text. */
int err_sys(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
