# svc
check_PROGRAMS += %D%/test_settings
TESTS += %D%/test_settings
%C%_test_settings_SOURCES = %D%/test_settings.c %D%/settings_fixture.h
%C%_test_settings_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_settings_LDADD = libsvc.a libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_settings_env
TESTS += %D%/test_settings_env
%C%_test_settings_env_SOURCES = %D%/test_settings_env.c %D%/settings_fixture.h
%C%_test_settings_env_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_settings_env_LDADD = libsvc.a libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_journal
TESTS += %D%/test_journal
%C%_test_journal_SOURCES = %D%/test_journal.c common/svc/journal.c
%C%_test_journal_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SYSTEMD_CFLAGS)
%C%_test_journal_LDADD = libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_proxied
TESTS += %D%/test_proxied
%C%_test_proxied_SOURCES = %D%/test_proxied.c
%C%_test_proxied_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_proxied_LDADD = libsvc.a libaccount.a libproto.a libnet.a \
	libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_signer_shared
TESTS += %D%/test_signer_shared
%C%_test_signer_shared_SOURCES = %D%/test_signer_shared.c
%C%_test_signer_shared_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_signer_shared_LDADD = libsvc.a libproto.a libstore.a libindex.a libaccount.a \
	libnet.a libmsg.a libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_rates
TESTS += %D%/test_rates
%C%_test_rates_SOURCES = %D%/test_rates.c
%C%_test_rates_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_rates_LDADD = libsvc.a libnet.a libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_settings_fresh
TESTS += %D%/test_settings_fresh
%C%_test_settings_fresh_SOURCES = %D%/test_settings_fresh.c \
	%D%/settings_fixture.h
%C%_test_settings_fresh_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_settings_fresh_LDADD = libsvc.a libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_expire
TESTS += %D%/test_expire
%C%_test_expire_SOURCES = %D%/test_expire.c
%C%_test_expire_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_expire_LDADD = libsvc.a libaccount.a libnet.a libbase.a $(CMOCKA_LIBS)
