# units of common/base
check_PROGRAMS += %D%/test_num
TESTS += %D%/test_num
%C%_test_num_SOURCES = %D%/test_num.c
%C%_test_num_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_num_LDADD = libbase.a $(CMOCKA_LIBS)
