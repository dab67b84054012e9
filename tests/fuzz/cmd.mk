# cmd
# njiwa-init: the settings listen and timers
FUZZ_TARGETS += %D%/fuzz_listen
%C%_fuzz_listen_SOURCES = %D%/fuzz_listen.c $(FUZZ_MAIN)
%C%_fuzz_listen_LDADD = libinit.a libbase.a
%C%_fuzz_listen_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/listen.dict %D%/corpus/listen

# cmd/smtpd
FUZZ_TARGETS += %D%/fuzz_smtp
%C%_fuzz_smtp_SOURCES = %D%/fuzz_smtp.c tests/unit/smtpd_fake.c \
	tests/unit/smtpd_fake_spam.c $(FUZZ_MAIN)
%C%_fuzz_smtp_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a
%C%_fuzz_smtp_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_binarymime
%C%_fuzz_binarymime_SOURCES = %D%/fuzz_binarymime.c $(FUZZ_MAIN)
%C%_fuzz_binarymime_LDADD = libsmtpd.a libmsg.a libbase.a
%C%_fuzz_binarymime_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/binarymime.dict %D%/corpus/binarymime
FUZZ_TARGETS += %D%/fuzz_milter_front
%C%_fuzz_milter_front_SOURCES = %D%/fuzz_milter_front.c \
	tests/unit/smtpd_fake.c \
	tests/unit/smtpd_fake_spam.c $(FUZZ_MAIN)
%C%_fuzz_milter_front_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a
%C%_fuzz_milter_front_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/milter_front.dict %D%/corpus/milter_front
FUZZ_TARGETS += %D%/fuzz_pipe_answer
%C%_fuzz_pipe_answer_SOURCES = %D%/fuzz_pipe_answer.c $(FUZZ_MAIN)
%C%_fuzz_pipe_answer_LDADD = libsmtpd.a libmsg.a libbase.a
%C%_fuzz_pipe_answer_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/pipe_answer.dict %D%/corpus/pipe_answer
FUZZ_TARGETS += %D%/fuzz_chain
%C%_fuzz_chain_SOURCES = %D%/fuzz_chain.c $(FUZZ_MAIN)
%C%_fuzz_chain_LDADD = libsvc.a libproto.a libnet.a libbase.a
%C%_fuzz_chain_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/chain.dict %D%/corpus/chain
FUZZ_TARGETS += %D%/fuzz_submission_from
%C%_fuzz_submission_from_SOURCES = %D%/fuzz_submission_from.c $(FUZZ_MAIN)
%C%_fuzz_submission_from_CPPFLAGS = $(AM_CPPFLAGS)
%C%_fuzz_submission_from_LDADD = libsmtpd.a libmsg.a libbase.a
%C%_fuzz_submission_from_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/smtp.dict %D%/corpus/smtp
# njiwa-pop3d: sessions on a maildrop
FUZZ_TARGETS += %D%/fuzz_pop3
%C%_fuzz_pop3_SOURCES = %D%/fuzz_pop3.c %D%/session_alone.c $(FUZZ_MAIN)
%C%_fuzz_pop3_LDADD = libpop3d.a libstore.a libindex.a libproto.a libnet.a \
	libmsg.a libbase.a
%C%_fuzz_pop3_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/pop3.dict %D%/corpus/pop3


# njiwa-imapd: arguments; a whole session on a Maildir
FUZZ_TARGETS += %D%/fuzz_imap_args %D%/fuzz_imap_search \
	%D%/fuzz_imap_session %D%/fuzz_imap_thread %D%/fuzz_imap_url
FUZZ_IMAPD_LIBS = libimapd.a libproto.a libstore.a libindex.a libmsg.a libnet.a \
	libbase.a $(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_fuzz_imap_search_SOURCES = %D%/fuzz_imap_search.c $(FUZZ_MAIN)
%C%_fuzz_imap_search_LDADD = libimapd.a libmsg.a libbase.a $(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_fuzz_imap_search_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_imap_thread_SOURCES = %D%/fuzz_imap_thread.c $(FUZZ_MAIN)
%C%_fuzz_imap_thread_LDADD = libimapd.a libstore.a libindex.a libmsg.a libbase.a \
	$(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_fuzz_imap_thread_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_imap_args_SOURCES = %D%/fuzz_imap_args.c \
	common/svc/session_store.c common/svc/session_wait.c \
	common/svc/expire.c $(FUZZ_MAIN)
%C%_fuzz_imap_args_LDADD = libimapd.a libproto.a libaccount.a libstore.a libindex.a \
	libmsg.a libnet.a libbase.a $(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_fuzz_imap_args_LDFLAGS = $(FUZZ_LINK)
%C%_fuzz_imap_url_SOURCES = %D%/fuzz_imap_url.c $(FUZZ_MAIN)
%C%_fuzz_imap_url_LDADD = libimapd.a libbase.a
%C%_fuzz_imap_url_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/imap_url.dict %D%/corpus/imap_url
%C%_fuzz_imap_session_SOURCES = %D%/fuzz_imap_session.c \
	%D%/session_alone.c $(FUZZ_MAIN)
%C%_fuzz_imap_session_LDADD = $(FUZZ_IMAPD_LIBS)
%C%_fuzz_imap_session_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/imap_args.dict %D%/imap_search.dict %D%/imap_session.dict \
	%D%/imap_thread.dict %D%/corpus/imap_args %D%/corpus/imap_search \
	%D%/corpus/imap_session %D%/corpus/imap_thread
