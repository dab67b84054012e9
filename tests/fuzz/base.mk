# fuzz targets of common/base
FUZZ_TARGETS += %D%/fuzz_num
%C%_fuzz_num_SOURCES = %D%/fuzz_num.c $(FUZZ_MAIN)
%C%_fuzz_num_LDADD = libbase.a
%C%_fuzz_num_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_enc
%C%_fuzz_enc_SOURCES = %D%/fuzz_enc.c $(FUZZ_MAIN)
%C%_fuzz_enc_LDADD = libbase.a
%C%_fuzz_enc_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_ipc
%C%_fuzz_ipc_SOURCES = %D%/fuzz_ipc.c $(FUZZ_MAIN)
%C%_fuzz_ipc_LDADD = libbase.a
%C%_fuzz_ipc_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_tally
%C%_fuzz_tally_SOURCES = %D%/fuzz_tally.c $(FUZZ_MAIN)
%C%_fuzz_tally_LDADD = libbase.a
%C%_fuzz_tally_LDFLAGS = $(FUZZ_LINK)
