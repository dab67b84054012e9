# units of common/account
check_PROGRAMS += %D%/test_passhash
TESTS += %D%/test_passhash
%C%_test_passhash_SOURCES = %D%/test_passhash.c
%C%_test_passhash_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_passhash_LDADD = libaccount.a libbase.a $(CRYPT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_account_db
TESTS += %D%/test_account_db
%C%_test_account_db_SOURCES = %D%/test_account_db.c
%C%_test_account_db_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_account_db_LDADD = libaccount.a libbase.a $(CRYPT_LIBS) $(CMOCKA_LIBS)
