# units of common/msg
check_PROGRAMS += %D%/test_address
TESTS += %D%/test_address
%C%_test_address_SOURCES = %D%/test_address.c
%C%_test_address_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_address_LDADD = libmsg.a libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_header
TESTS += %D%/test_header
%C%_test_header_SOURCES = %D%/test_header.c
%C%_test_header_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_header_LDADD = libmsg.a libbase.a $(CMOCKA_LIBS)
