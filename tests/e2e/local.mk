# End-to-end tests: real sockets, real databases.  As root; see conftest.py.
EXTRA_DIST += %D%

# njiwa-init and launchers
EXTRA_DIST += %D%/init_under_test.py %D%/test_init.py \
	%D%/pop3_client.py %D%/test_launchers.py %D%/test_systemd.py %D%/test_pop3_login.py %D%/test_pop3_session.py

E2E_ARGS = -q

check-e2e: all
	NJIWA_BUILD=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
	    $(PYTEST) -p no:cacheprovider $(E2E_ARGS) $(srcdir)/%D%
.PHONY: check-e2e

# The service that the tests of the confinement talk to.
check_PROGRAMS += %D%/njiwa-probe
%C%_njiwa_probe_SOURCES = %D%/probe.c
%C%_njiwa_probe_LDADD = libsvc.a libstore.a libaccount.a libnet.a libmsg.a \
	libbase.a $(INIH_LIBS)
