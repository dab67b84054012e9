# cmd
# njiwa-init
check_PROGRAMS += %D%/test_init
TESTS += %D%/test_init
%C%_test_init_SOURCES = %D%/test_init.c
%C%_test_init_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_init_LDADD = cmd/init/libinit.a libbase.a $(CMOCKA_LIBS)
