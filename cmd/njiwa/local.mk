# njiwa, the administrator's tool, and the page of the settings
bin_PROGRAMS += njiwa
njiwa_SOURCES = %D%/main.c
NJIWA_TOOL_LIBS = libtool_njiwa.a libsvc.a libproto.a libstore.a libindex.a libmsg.a libaccount.a \
	libnet.a libbase.a $(INIH_LIBS) $(CRYPT_LIBS) -ldl
njiwa_LDADD = $(NJIWA_TOOL_LIBS)

noinst_LIBRARIES += libtool_njiwa.a
libtool_njiwa_a_SOURCES = \
	%D%/alias.c \
	%D%/checks.c \
	%D%/config.c \
	%D%/database.c \
	%D%/doc.c %D%/doc.h \
	%D%/domain.c \
	%D%/explain.c \
	%D%/greylist.c \
	%D%/handlers.h \
	%D%/index.c \
	%D%/mailbox.c %D%/mailbox.h \
	%D%/names.c %D%/names.h \
	%D%/options.c %D%/options.h \
	%D%/password.c %D%/password.h \
	%D%/pw.c \
	%D%/queue.c \
	%D%/quota.c \
	%D%/sender.c \
	%D%/spam.c \
	%D%/strangers.h \
	%D%/tally.c \
	%D%/tool.c %D%/tool.h \
	%D%/user.c \
	%D%/verbs.c

dist_man_MANS += %D%/njiwa.8 %D%/njiwa.conf.5

# The pages name the folders that this build has.
install-data-hook: install-pages
install-pages: install-man
	for page in $(dist_man_MANS); do \
	    name=$${page##*/}; \
	    sed -e 's|/etc/njiwa|$(sysconfdir)/njiwa|g' \
		-e 's|/usr/libexec/njiwa|$(pkglibexecdir)|g' \
		$(srcdir)/$$page \
		>"$(DESTDIR)$(mandir)/man$${name##*.}/$$name" || exit 1; \
	done
.PHONY: install-pages
