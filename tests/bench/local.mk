# How fast it is, beside Dovecot and Postfix; see run.
EXTRA_DIST += %D%/mailboxes.py %D%/peers.py %D%/run %D%/target
EXTRA_PROGRAMS = %D%/load
%C%_load_SOURCES = %D%/load.c
%C%_load_CFLAGS = $(AM_CFLAGS) -pthread
%C%_load_LDADD = libbase.a

BENCH_ARGS =
bench: all %D%/load
	NJIWA_BUILD=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
	    /usr/bin/python3 $(srcdir)/%D%/run $(BENCH_ARGS)
.PHONY: bench
