# njiwa-pop3d: one POP3 connection on standard input and output.
noinst_LIBRARIES += libpop3d.a
libpop3d_a_SOURCES = \
	%D%/capa.c %D%/capa.h \
	%D%/front.c %D%/front.h \
	%D%/listing.c \
	%D%/login.c \
	%D%/maildrop.c %D%/maildrop.h \
	%D%/pop3.h \
	%D%/retrieve.c \
	%D%/session.c %D%/session.h \
	%D%/stuff.c %D%/stuff.h \
	%D%/talk.c %D%/talk.h \
	%D%/update.c

pkglibexec_PROGRAMS += njiwa-pop3d
njiwa_pop3d_SOURCES = %D%/main.c
njiwa_pop3d_LDADD = libpop3d.a libsvc.a libstore.a libindex.a libaccount.a \
	libproto.a libnet.a libmsg.a libbase.a $(INIH_LIBS)
dist_man_MANS += %D%/njiwa-pop3d.8
