# units of common/account
check_PROGRAMS += %D%/test_passhash
TESTS += %D%/test_passhash
%C%_test_passhash_SOURCES = %D%/test_passhash.c
%C%_test_passhash_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_passhash_LDADD = libaccount.a libbase.a $(CRYPT_LIBS) $(CMOCKA_LIBS)
