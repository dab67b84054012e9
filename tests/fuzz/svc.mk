# svc
FUZZ_TARGETS += %D%/fuzz_settings
%C%_fuzz_settings_SOURCES = %D%/fuzz_settings.c $(FUZZ_MAIN)
%C%_fuzz_settings_LDADD = libsvc.a libbase.a $(INIH_LIBS)
%C%_fuzz_settings_LDFLAGS = $(FUZZ_LINK)

# the keeper, asked by a front that says anything
FUZZ_TARGETS += %D%/fuzz_keeper
%C%_fuzz_keeper_SOURCES = %D%/fuzz_keeper.c $(FUZZ_MAIN)
%C%_fuzz_keeper_LDADD = libsvc.a libproto.a libnet.a libbase.a $(INIH_LIBS)
%C%_fuzz_keeper_LDFLAGS = $(FUZZ_LINK)
