# njiwa-imapd: one IMAP connection.
noinst_LIBRARIES += libimapd.a
libimapd_a_SOURCES = \
	%D%/append.c %D%/append.h \
	%D%/append_literal.c \
	%D%/bodystructure.c %D%/bodystructure.h \
	%D%/capability.c %D%/capability.h \
	%D%/catenate.c \
	%D%/cmd_any.c %D%/cmd_any.h \
	%D%/cmd_compress.c \
	%D%/cmd_folder.c \
	%D%/cmd_mailbox.c \
	%D%/cmd_metadata.c \
	%D%/cmd_quota.c \
	%D%/cmd_search.c \
	%D%/cmd_sort.c \
	%D%/cmd_thread.c \
	%D%/commands.c %D%/commands.h \
	%D%/condstore.c %D%/condstore.h \
	%D%/conn.c %D%/conn.h \
	%D%/context.c %D%/context.h \
	%D%/copy.c \
	%D%/enable.c \
	%D%/envelope.c %D%/envelope.h \
	%D%/expunge.c \
	%D%/feedback.c %D%/feedback.h \
	%D%/fetch.c %D%/fetch.h \
	%D%/fetch_binary.c \
	%D%/fetch_body.c \
	%D%/fetch_modifiers.c \
	%D%/fetch_parse.c \
	%D%/fetch_preview.c \
	%D%/forest.c %D%/forest.h \
	%D%/front.c %D%/front.h \
	%D%/hash_index.c %D%/hash_index.h \
	%D%/idle.c \
	%D%/imap.h \
	%D%/imap_url.c %D%/imap_url.h \
	%D%/learner.c %D%/learner.h \
	%D%/list.c %D%/list.h \
	%D%/list_parse.c \
	%D%/mailbox_name.c %D%/mailbox_name.h \
	%D%/name_style.h \
	%D%/message_fields.c %D%/message_fields.h \
	%D%/message_header.c %D%/message_header.h \
	%D%/message_texts.c %D%/message_texts.h \
	%D%/notify.c %D%/notify.h %D%/notify_state.h \
	%D%/notify_folder.c \
	%D%/notify_list.c \
	%D%/notify_notes.c \
	%D%/notify_parse.c %D%/notify_parse.h \
	%D%/parse.c %D%/parse.h \
	%D%/partial.c %D%/partial.h \
	%D%/progress.c %D%/progress.h \
	%D%/reader.c %D%/reader.h \
	%D%/replace.c \
	%D%/response.c %D%/response.h \
	%D%/resync.c %D%/resync.h \
	%D%/search.c %D%/search.h \
	%D%/search_parse.c \
	%D%/search_return.c \
	%D%/search_text.c %D%/search_text.h \
	%D%/seqset.c %D%/seqset.h \
	%D%/select_parse.c %D%/select.h \
	%D%/session.c \
	%D%/sort.c %D%/sort.h \
	%D%/sort_keys.c %D%/sort_keys.h \
	%D%/sort_texts.c %D%/sort_texts.h \
	%D%/special_use.c %D%/special_use.h \
	%D%/status.c %D%/status.h \
	%D%/store.c %D%/store.h \
	%D%/thread.c %D%/thread.h \
	%D%/thread_references.c \
	%D%/view.c %D%/view.h

pkglibexec_PROGRAMS += njiwa-imapd
njiwa_imapd_SOURCES = %D%/main.c
njiwa_imapd_LDADD = libimapd.a libsvc.a libproto.a libaccount.a libstore.a libindex.a \
	libmsg.a libnet.a libbase.a $(INIH_LIBS) $(UNISTRING_LIBS) $(ZLIB_LIBS)
dist_man_MANS += %D%/njiwa-imapd.8
