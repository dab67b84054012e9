noinst_LIBRARIES += libindex.a
libindex_a_SOURCES = \
	%D%/checksum.c %D%/checksum.h \
	%D%/folders.c \
	%D%/index.c %D%/index.h \
	%D%/keys.h \
	%D%/look.c \
	%D%/mailboxes.c %D%/mailboxes.h \
	%D%/own.h \
	%D%/record.c %D%/record.h \
	%D%/texts.c \
	%D%/told.c %D%/told.h \
	%D%/txn.c
