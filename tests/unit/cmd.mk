# cmd
# njiwa
check_PROGRAMS += %D%/test_names
TESTS += %D%/test_names
%C%_test_names_SOURCES = %D%/test_names.c
%C%_test_names_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_names_LDADD = libtool_njiwa.a libbase.a $(CMOCKA_LIBS)

# njiwa-init
check_PROGRAMS += %D%/test_init
TESTS += %D%/test_init
%C%_test_init_SOURCES = %D%/test_init.c
%C%_test_init_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_init_LDADD = libinit.a libbase.a $(CMOCKA_LIBS)



# cmd/smtpd
check_PROGRAMS += %D%/test_unstuff %D%/test_intake %D%/test_smtp \
	%D%/test_smtp_data %D%/test_smtp_extensions %D%/test_smtp_xclient \
	%D%/test_smtp_hostile
TESTS += %D%/test_unstuff %D%/test_intake %D%/test_smtp \
	%D%/test_smtp_data %D%/test_smtp_extensions %D%/test_smtp_xclient \
	%D%/test_smtp_hostile
%C%_test_unstuff_SOURCES = %D%/test_unstuff.c
%C%_test_unstuff_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_unstuff_LDADD = libsmtpd.a libbase.a $(CMOCKA_LIBS)
%C%_test_intake_SOURCES = %D%/test_intake.c
%C%_test_intake_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_intake_LDADD = libsmtpd.a libbase.a $(CMOCKA_LIBS)
%C%_test_smtp_SOURCES = %D%/test_smtp.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c \
	%D%/smtpd_fake.h %D%/smtpd_text.h
%C%_test_smtp_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a \
	$(CMOCKA_LIBS)
%C%_test_smtp_extensions_SOURCES = %D%/test_smtp_extensions.c \
	%D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_smtp_extensions_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_extensions_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a \
	libbase.a $(CMOCKA_LIBS)
%C%_test_smtp_xclient_SOURCES = %D%/test_smtp_xclient.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_smtp_xclient_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_xclient_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a $(CMOCKA_LIBS)
%C%_test_smtp_hostile_SOURCES = %D%/test_smtp_hostile.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_smtp_hostile_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_hostile_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a $(CMOCKA_LIBS)
%C%_test_smtp_data_SOURCES = %D%/test_smtp_data.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_smtp_data_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_data_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_smtp_content
TESTS += %D%/test_smtp_content
%C%_test_smtp_content_SOURCES = %D%/test_smtp_content.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_smtp_content_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_content_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_pipes
TESTS += %D%/test_pipes
%C%_test_pipes_SOURCES = %D%/test_pipes.c
%C%_test_pipes_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_pipes_LDADD = libsmtpd.a libsvc.a libproto.a libmsg.a libnet.a libbase.a \
	$(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_binarymime %D%/test_smtp_binary
TESTS += %D%/test_binarymime %D%/test_smtp_binary
%C%_test_binarymime_SOURCES = %D%/test_binarymime.c
%C%_test_binarymime_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_binarymime_LDADD = libmsg.a libbase.a $(CMOCKA_LIBS)
%C%_test_smtp_binary_SOURCES = %D%/test_smtp_binary.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_smtp_binary_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_binary_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_submission
TESTS += %D%/test_submission
%C%_test_submission_SOURCES = %D%/test_submission.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_submission_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_submission_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a \
	$(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_check %D%/test_dnsbl_list %D%/test_reputation
TESTS += %D%/test_check %D%/test_dnsbl_list %D%/test_reputation
%C%_test_dnsbl_list_SOURCES = %D%/test_dnsbl_list.c
%C%_test_dnsbl_list_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_dnsbl_list_LDADD = libsvc.a libproto.a libmsg.a libnet.a \
	libbase.a $(CMOCKA_LIBS)
%C%_test_reputation_SOURCES = %D%/test_reputation.c
%C%_test_reputation_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_reputation_LDADD = libsmtpd.a libnet.a libbase.a $(CMOCKA_LIBS)
%C%_test_check_SOURCES = %D%/test_check.c %D%/smtpd_fake.c \
	%D%/smtpd_fake_spam.c
%C%_test_check_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_check_LDADD = libsmtpd.a libsvc.a libaccount.a \
	libproto.a libmsg.a libnet.a libbase.a \
	$(CMOCKA_LIBS)

# njiwa-imapd
IMAPD_UNITS = %D%/test_imap_items %D%/test_imap_limits %D%/test_imap_notify \
	%D%/test_imap_parse %D%/test_imap_reader \
	%D%/test_imap_search %D%/test_imap_search_keys \
	%D%/test_imap_select %D%/test_imap_seqset \
	%D%/test_imap_sort \
	%D%/test_imap_thread %D%/test_imap_url
IMAPD_LIBS = libimapd.a libsvc.a libproto.a libaccount.a libstore.a libindex.a libmsg.a \
	libnet.a libbase.a
check_PROGRAMS += $(IMAPD_UNITS)
TESTS += $(IMAPD_UNITS)
%C%_test_imap_items_SOURCES = %D%/test_imap_items.c
%C%_test_imap_items_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_items_LDADD = $(IMAPD_LIBS) $(CMOCKA_LIBS) $(INIH_LIBS) \
	$(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_test_imap_limits_SOURCES = %D%/test_imap_limits.c
%C%_test_imap_limits_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_limits_LDADD = $(IMAPD_LIBS) $(CMOCKA_LIBS) $(INIH_LIBS) \
	$(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_test_imap_notify_SOURCES = %D%/test_imap_notify.c
%C%_test_imap_notify_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_notify_LDADD = $(IMAPD_LIBS) $(CMOCKA_LIBS) $(INIH_LIBS) \
	$(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_test_imap_url_SOURCES = %D%/test_imap_url.c
%C%_test_imap_url_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_url_LDADD = libimapd.a libbase.a $(CMOCKA_LIBS)
%C%_test_imap_parse_SOURCES = %D%/test_imap_parse.c
%C%_test_imap_parse_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_parse_LDADD = libimapd.a libbase.a $(CMOCKA_LIBS)
%C%_test_imap_reader_SOURCES = %D%/test_imap_reader.c
%C%_test_imap_reader_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_reader_LDADD = libimapd.a libnet.a libbase.a $(CMOCKA_LIBS)
%C%_test_imap_search_SOURCES = %D%/test_imap_search.c
%C%_test_imap_search_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_search_LDADD = libimapd.a libmsg.a libbase.a $(CMOCKA_LIBS) \
	$(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_test_imap_search_keys_SOURCES = %D%/test_imap_search_keys.c
%C%_test_imap_search_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_search_keys_LDADD = $(IMAPD_LIBS) $(CMOCKA_LIBS) $(INIH_LIBS) \
	$(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_test_imap_select_SOURCES = %D%/test_imap_select.c
%C%_test_imap_select_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_select_LDADD = $(IMAPD_LIBS) $(CMOCKA_LIBS) $(INIH_LIBS) \
	$(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_test_imap_seqset_SOURCES = %D%/test_imap_seqset.c
%C%_test_imap_seqset_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_seqset_LDADD = libimapd.a libbase.a $(CMOCKA_LIBS)
%C%_test_imap_sort_SOURCES = %D%/test_imap_sort.c
%C%_test_imap_sort_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_sort_LDADD = libimapd.a libstore.a libindex.a libmsg.a libbase.a \
	$(CMOCKA_LIBS) $(UNISTRING_LIBS) $(ZLIB_LIBS)
%C%_test_imap_thread_SOURCES = %D%/test_imap_thread.c
%C%_test_imap_thread_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_imap_thread_LDADD = libimapd.a libstore.a libindex.a libmsg.a libbase.a \
	$(CMOCKA_LIBS) $(UNISTRING_LIBS) $(ZLIB_LIBS)

# njiwa-pop3d
check_PROGRAMS += %D%/test_pop3d
TESTS += %D%/test_pop3d
%C%_test_pop3d_SOURCES = %D%/test_pop3d.c
%C%_test_pop3d_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_pop3d_LDADD = libpop3d.a libproto.a libnet.a libbase.a \
	$(CMOCKA_LIBS)

# cmd/accountd
check_PROGRAMS += %D%/test_seats
TESTS += %D%/test_seats
%C%_test_seats_SOURCES = %D%/test_seats.c
%C%_test_seats_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_seats_LDADD = libaccountd.a libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_pending
TESTS += %D%/test_pending
%C%_test_pending_SOURCES = %D%/test_pending.c
%C%_test_pending_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_pending_LDADD = libaccountd.a libaccount.a libbase.a $(CRYPT_LIBS) \
	$(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_filter_runner %D%/test_smtp_wire
TESTS += %D%/test_filter_runner %D%/test_smtp_wire
%C%_test_filter_runner_SOURCES = %D%/test_filter_runner.c
%C%_test_filter_runner_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_filter_runner_LDADD = libsmtpd.a libsvc.a libproto.a libmsg.a \
	libnet.a libbase.a $(CMOCKA_LIBS)
%C%_test_smtp_wire_SOURCES = %D%/test_smtp_wire.c
%C%_test_smtp_wire_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_smtp_wire_LDADD = libsmtpd.a libbase.a $(CMOCKA_LIBS)
