# units of common/msg
check_PROGRAMS += %D%/test_address
TESTS += %D%/test_address
%C%_test_address_SOURCES = %D%/test_address.c
%C%_test_address_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_address_LDADD = libmsg.a libbase.a $(CMOCKA_LIBS)
