# End-to-end tests: real sockets, real databases.  As root; see conftest.py.
EXTRA_DIST += $(wildcard $(srcdir)/%D%/*.py)

E2E_ARGS = -q

check-e2e: all
	NJIWA_BUILD=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
	    $(PYTEST) -p no:cacheprovider $(E2E_ARGS) $(srcdir)/%D%
.PHONY: check-e2e

# The service that the tests of the confinement talk to.
check_PROGRAMS += %D%/njiwa-probe
%C%_njiwa_probe_SOURCES = %D%/probe.c
%C%_njiwa_probe_LDADD = libsvc.a libproto.a libstore.a libindex.a libaccount.a libnet.a libmsg.a \
	libbase.a $(INIH_LIBS)
