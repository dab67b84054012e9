# njiwa-accountd: everything but main.c is an archive, for tests.
noinst_LIBRARIES += libaccountd.a
libaccountd_a_SOURCES = \
	%D%/identity.c %D%/identity.h \
	%D%/pending.c %D%/pending.h \
	%D%/seats.c %D%/seats.h \
	%D%/pool.c %D%/pool.h \
	%D%/requests.c %D%/requests.h \
	%D%/requests_user.c \
	%D%/server.c %D%/server.h
pkglibexec_PROGRAMS += njiwa-accountd
njiwa_accountd_SOURCES = %D%/main.c
njiwa_accountd_LDADD = libaccountd.a libsvc.a libaccount.a libbase.a \
	$(CRYPT_LIBS) $(INIH_LIBS)
dist_man_MANS += %D%/njiwa-accountd.8
