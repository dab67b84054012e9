# fuzz targets of common/account
FUZZ_TARGETS += %D%/fuzz_query
%C%_fuzz_query_SOURCES = %D%/fuzz_query.c $(FUZZ_MAIN)
%C%_fuzz_query_LDADD = libaccount.a libbase.a $(CRYPT_LIBS)
%C%_fuzz_query_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_account_wire
%C%_fuzz_account_wire_SOURCES = %D%/fuzz_account_wire.c $(FUZZ_MAIN)
%C%_fuzz_account_wire_LDADD = libaccountd.a libaccount.a libbase.a \
	$(CRYPT_LIBS)
%C%_fuzz_account_wire_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_scram
%C%_fuzz_scram_SOURCES = %D%/fuzz_scram.c common/account/scram_gsasl.c \
	$(FUZZ_MAIN)
%C%_fuzz_scram_CPPFLAGS = $(AM_CPPFLAGS) $(GSASL_CFLAGS)
%C%_fuzz_scram_LDADD = libbase.a $(GSASL_LIBS)
%C%_fuzz_scram_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_greylist
%C%_fuzz_greylist_SOURCES = %D%/fuzz_greylist.c $(FUZZ_MAIN)
%C%_fuzz_greylist_LDADD = libaccount.a libbase.a
%C%_fuzz_greylist_LDFLAGS = $(FUZZ_LINK)
