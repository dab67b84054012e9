# fuzz targets of common/base
FUZZ_TARGETS += %D%/fuzz_num
%C%_fuzz_num_SOURCES = %D%/fuzz_num.c $(FUZZ_MAIN)
%C%_fuzz_num_LDADD = libbase.a
%C%_fuzz_num_LDFLAGS = $(FUZZ_LINK)
