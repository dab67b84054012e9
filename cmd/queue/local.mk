# njiwa-queue: everything but main.c is an archive, for tests.
noinst_LIBRARIES += libqueue.a
libqueue_a_SOURCES = \
	%D%/local.c \
	%D%/notify.c \
	%D%/queue.h \
	%D%/report.c \
	%D%/run.c
pkglibexec_PROGRAMS += njiwa-queue
njiwa_queue_SOURCES = %D%/main.c
njiwa_queue_LDADD = libqueue.a libsvc.a libproto.a libstore.a libindex.a libaccount.a \
	libmsg.a libnet.a libbase.a $(INIH_LIBS)
dist_man_MANS += %D%/njiwa-queue.8
