# fuzz targets of common/msg
FUZZ_TARGETS += %D%/fuzz_address
%C%_fuzz_address_SOURCES = %D%/fuzz_address.c $(FUZZ_MAIN)
%C%_fuzz_address_LDADD = libmsg.a libbase.a
%C%_fuzz_address_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_date
%C%_fuzz_date_SOURCES = %D%/fuzz_date.c $(FUZZ_MAIN)
%C%_fuzz_date_LDADD = libmsg.a libbase.a
%C%_fuzz_date_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_header
%C%_fuzz_header_SOURCES = %D%/fuzz_header.c $(FUZZ_MAIN)
%C%_fuzz_header_LDADD = libmsg.a libbase.a
%C%_fuzz_header_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_mime
%C%_fuzz_mime_SOURCES = %D%/fuzz_mime.c $(FUZZ_MAIN)
%C%_fuzz_mime_LDADD = libmsg.a libbase.a
%C%_fuzz_mime_LDFLAGS = $(FUZZ_LINK)
