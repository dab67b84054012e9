# units of common/proto
check_PROGRAMS += %D%/test_command
TESTS += %D%/test_command
%C%_test_command_SOURCES = %D%/test_command.c
%C%_test_command_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_command_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_reply
TESTS += %D%/test_reply
%C%_test_reply_SOURCES = %D%/test_reply.c
%C%_test_reply_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_reply_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_sasl
TESTS += %D%/test_sasl
%C%_test_sasl_SOURCES = %D%/test_sasl.c
%C%_test_sasl_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_sasl_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_spamd
TESTS += %D%/test_spamd
%C%_test_spamd_SOURCES = %D%/test_spamd.c
%C%_test_spamd_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_spamd_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
# what tests/e2e/test_spamd.py runs
check_PROGRAMS += tests/e2e/spam_probe
tests_e2e_spam_probe_SOURCES = tests/e2e/spam_probe.c
tests_e2e_spam_probe_LDADD = libproto.a libbase.a
check-e2e: tests/e2e/spam_probe$(EXEEXT)
check_PROGRAMS += %D%/test_milter
TESTS += %D%/test_milter
%C%_test_milter_SOURCES = %D%/test_milter.c
%C%_test_milter_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_milter_LDADD = libproto.a libnet.a libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_milter_talk
TESTS += %D%/test_milter_talk
%C%_test_milter_talk_SOURCES = %D%/test_milter_talk.c
%C%_test_milter_talk_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_milter_talk_LDADD = libproto.a libnet.a libbase.a $(CMOCKA_LIBS)
