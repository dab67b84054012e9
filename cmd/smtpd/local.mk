# cmd/smtpd
noinst_LIBRARIES += libsmtpd.a
libsmtpd_a_SOURCES = \
	%D%/auth.c \
	%D%/data.c \
	%D%/delivery.c \
	%D%/envelope.c \
	%D%/filter.c %D%/filter.h \
	%D%/filter_runner.c \
	%D%/front.c \
	%D%/keeper.c %D%/keeper.h \
	%D%/params.c %D%/params.h \
	%D%/reception.c %D%/reception.h \
	%D%/recipients.c \
	%D%/replies.c %D%/replies.h \
	%D%/session.c %D%/session.h \
	%D%/spam.c %D%/spam.h \
	%D%/spool.c %D%/spool.h \
	%D%/unstuff.c %D%/unstuff.h \
	%D%/wire.c %D%/wire.h

pkglibexec_PROGRAMS += njiwa-smtpd
njiwa_smtpd_SOURCES = %D%/main.c
njiwa_smtpd_LDADD = libsmtpd.a libsvc.a libproto.a libaccount.a libstore.a \
	libmsg.a libnet.a libbase.a $(INIH_LIBS)
dist_man_MANS += %D%/njiwa-smtpd.8
