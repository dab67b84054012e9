# cmd
# njiwa-init
check_PROGRAMS += %D%/test_init
TESTS += %D%/test_init
%C%_test_init_SOURCES = %D%/test_init.c
%C%_test_init_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_init_LDADD = cmd/init/libinit.a libbase.a $(CMOCKA_LIBS)

# cmd/smtpd
check_PROGRAMS += %D%/test_unstuff %D%/test_spool %D%/test_smtp
TESTS += %D%/test_unstuff %D%/test_spool %D%/test_smtp
%C%_test_unstuff_SOURCES = %D%/test_unstuff.c
%C%_test_unstuff_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_unstuff_LDADD = libsmtpd.a libbase.a $(CMOCKA_LIBS)
%C%_test_spool_SOURCES = %D%/test_spool.c
%C%_test_spool_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_spool_LDADD = libsmtpd.a libbase.a $(CMOCKA_LIBS)
%C%_test_smtp_SOURCES = %D%/test_smtp.c %D%/smtpd_fake.c %D%/smtpd_fake.h
%C%_test_smtp_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_LDADD = libsmtpd.a libproto.a libmsg.a libnet.a libbase.a \
	$(CMOCKA_LIBS)
