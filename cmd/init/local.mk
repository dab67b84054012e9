# njiwa-init: listens for all services and starts their programs.
noinst_LIBRARIES += libinit.a
libinit_a_SOURCES = \
	%D%/accept.c %D%/accept.h \
	%D%/children.c %D%/children.h \
	%D%/environment.c %D%/environment.h \
	%D%/health.c %D%/health.h \
	%D%/init.c %D%/init.h \
	%D%/listen.c %D%/listen.h \
	%D%/listeners.c \
	%D%/periodic.c \
	%D%/reap.c \
	%D%/services.c %D%/services.h \
	%D%/sockets.c %D%/sockets.h \
	%D%/spawn.c %D%/spawn.h \
	%D%/stems.c %D%/stems.h \
	%D%/timers.c %D%/timers.h \
	%D%/ucspi.c %D%/ucspi.h
libinit_a_CPPFLAGS = $(AM_CPPFLAGS) $(SYSTEMD_CFLAGS)

pkglibexec_PROGRAMS += njiwa-init
njiwa_init_SOURCES = %D%/main.c
njiwa_init_LDADD = libinit.a libsvc.a libnet.a libbase.a \
	$(SYSTEMD_LIBS) $(INIH_LIBS)
dist_man_MANS += %D%/njiwa-init.8
