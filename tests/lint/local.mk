# What the machine can say of the sources.  Each executable here is a check.
EXTRA_DIST += $(wildcard $(srcdir)/%D%/[a-z]*)

lint: all
	NJIWA_BUILD=$(abs_top_builddir) \
	NJIWA_CPPFLAGS="-I$(abs_top_builddir) $(AM_CPPFLAGS) $(MARIADB_CFLAGS) \
	    $(SQLITE_CFLAGS) $(GNUTLS_CFLAGS) $(INIH_CFLAGS)" \
	    $(srcdir)/%D%/run $(LINT_CHECKS)
.PHONY: lint
