noinst_LIBRARIES += libaccount.a
libaccount_a_SOURCES = \
	%D%/account.c %D%/account.h \
	%D%/account_admin.h \
	%D%/account_config.h \
	%D%/passhash.c %D%/passhash.h
libaccount_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPT_CFLAGS)
