# svc
FUZZ_TARGETS += %D%/fuzz_settings
%C%_fuzz_settings_SOURCES = %D%/fuzz_settings.c $(FUZZ_MAIN)
%C%_fuzz_settings_LDADD = libsvc.a libbase.a $(INIH_LIBS)
%C%_fuzz_settings_LDFLAGS = $(FUZZ_LINK)
