noinst_LIBRARIES += libmsg.a
libmsg_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/base_subject.c %D%/base_subject.h \
	%D%/binarymime.c %D%/binarymime.h \
	%D%/casemap.c %D%/casemap.h \
	%D%/charset.c %D%/charset.h %D%/charset_tables.h \
	%D%/date.c %D%/date.h \
	%D%/header.c %D%/header.h \
	%D%/mime.c %D%/mime.h \
	%D%/mime_value.c %D%/mime_value.h \
	%D%/msgid.c %D%/msgid.h \
	%D%/part_text.c %D%/part_text.h \
	%D%/preview.c %D%/preview.h %D%/preview_line.h \
	%D%/preview_html.c \
	%D%/received.c %D%/received.h \
	%D%/transfer.c %D%/transfer.h \
	%D%/words.c %D%/words.h \
	%D%/xtext.c %D%/xtext.h

# The charsets' tables are made from this machine's iconv when njiwa is built.
noinst_PROGRAMS += mkcharsets
mkcharsets_SOURCES = %D%/mkcharsets.c %D%/charset_tables.h
nodist_libmsg_a_SOURCES = %D%/charset_tables.inc
%D%/charset_tables.inc: mkcharsets$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) %D% && ./mkcharsets$(EXEEXT) >$@.tmp && mv $@.tmp $@
%D%/charset.$(OBJEXT): %D%/charset_tables.inc
CLEANFILES += %D%/charset_tables.inc
