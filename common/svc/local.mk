noinst_LIBRARIES += libsvc.a
libsvc_a_CPPFLAGS = $(AM_CPPFLAGS) $(INIH_CFLAGS)
libsvc_a_SOURCES = \
	%D%/account_settings.c %D%/account_settings.h \
	%D%/settings.c %D%/settings.h \
	%D%/settings_env.c \
	%D%/settings_file.c \
	%D%/settings_fresh.c %D%/settings_fresh.h \
	%D%/settings_load.h \
	%D%/settings_near.c \
	%D%/settings_path.c \
	%D%/settings_secret.c \
	%D%/settings_table.c %D%/settings_table.h \
	%D%/settings_access.inc %D%/settings_accounts.inc \
	%D%/settings_checks.inc \
	%D%/settings_content.inc %D%/settings_general.inc \
	%D%/settings_listening.inc %D%/settings_mail.inc \
	%D%/settings_queue.inc %D%/settings_rates.inc \
	%D%/settings_smtp.inc %D%/settings_submission.inc \
	%D%/settings_value.c \
	%D%/activation.c %D%/activation.h \
	%D%/check/ask.c %D%/check/ask.h \
	%D%/check/check.h \
	%D%/check/checks.c %D%/check/checks.h \
	%D%/check/dnsbl.c \
	%D%/check/dnsbl_list.c %D%/check/dnsbl_list.h \
	%D%/check/domain.c \
	%D%/check/early_talker.c \
	%D%/check/helo.c \
	%D%/check/iprev.c \
	%D%/check/name_servers.c %D%/check/name_servers.h \
	%D%/check/report.c %D%/check/report.h \
	%D%/check/rows.h \
	%D%/check/table.c \
	%D%/check/verdict.c %D%/check/verdict.h \
	%D%/connection.h \
	%D%/content/chain.c %D%/content/chain.h \
	%D%/content/pipe_list.c %D%/content/pipe_list.h \
	%D%/crash.c %D%/crash.h \
	%D%/ending.c \
	%D%/expire.c %D%/expire.h \
	%D%/front.c %D%/front.h \
	%D%/front_sasl.c %D%/front_sasl.h \
	%D%/identity.c %D%/identity.h \
	%D%/indexing.c %D%/indexing.h \
	%D%/journal.h \
	%D%/keeper.c \
	%D%/keeper_login.c \
	%D%/mail_path.c \
	%D%/proxied.c %D%/proxied.h \
	%D%/rates.c %D%/rates.h \
	%D%/loader.c %D%/loader.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/service.c %D%/service.h \
	%D%/service_log.c %D%/service_log.h \
	%D%/session.c %D%/session_store.c %D%/session_wait.c \
	%D%/signer.c %D%/signer.h %D%/signer_own.h \
	%D%/signer_shared.c %D%/signer_shared.h \
	%D%/stem.c %D%/stem.h \
	%D%/verdict.c %D%/verdict.h
nodist_libsvc_a_SOURCES = %D%/sandbox_filter.h

# The seccomp filters are compiled when njiwa is, not at each start.
noinst_PROGRAMS += mkfilter
mkfilter_SOURCES = %D%/mkfilter.c
mkfilter_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
mkfilter_LDADD = $(SECCOMP_LIBS)
%D%/sandbox_filter.h: mkfilter$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) %D% && ./mkfilter$(EXEEXT) >$@.tmp && mv $@.tmp $@
%D%/libsvc_a-sandbox.$(OBJEXT) %D%/sandbox.$(OBJEXT): %D%/sandbox_filter.h
CLEANFILES += %D%/sandbox_filter.h

# libsystemd is loaded where there is a journal to write to.
driver_PROGRAMS += journal.so
journal_so_SOURCES = %D%/journal.c
journal_so_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
journal_so_LDFLAGS = $(LINK_DRIVER)
journal_so_LDADD = libbase.a $(SYSTEMD_LIBS)
