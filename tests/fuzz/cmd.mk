# cmd
# njiwa-init: the settings listen and timers
FUZZ_TARGETS += %D%/fuzz_listen
%C%_fuzz_listen_SOURCES = %D%/fuzz_listen.c $(FUZZ_MAIN)
%C%_fuzz_listen_LDADD = cmd/init/libinit.a libbase.a
%C%_fuzz_listen_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/listen.dict %D%/corpus/listen
