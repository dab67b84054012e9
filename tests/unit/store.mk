# units of common/store
STORE_TESTS = %D%/test_maildir %D%/test_folder %D%/test_uidlist \
	%D%/test_side_files %D%/test_body %D%/test_lock %D%/test_store \
	%D%/test_store_owner %D%/test_mailbox %D%/test_mailbox_copy %D%/test_added \
	%D%/test_view_lock %D%/test_mailbox_again \
	%D%/test_mailbox_message %D%/test_mailbox_index %D%/test_mailbox_damage \
	%D%/test_mailbox_spoiled %D%/test_mailbox_readahead %D%/test_metadata \
	%D%/test_store_limits %D%/test_index_texts %D%/test_told \
	%D%/test_mailbox_modseq \
	%D%/test_spool %D%/test_spool_envelope %D%/test_watch
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)
EXTRA_DIST += %D%/store_fixture.h %D%/store_files.h %D%/index_fixture.h \
	%D%/foreign_fixture.h
%C%_test_maildir_SOURCES = %D%/test_maildir.c
%C%_test_maildir_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_maildir_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_folder_SOURCES = %D%/test_folder.c
%C%_test_folder_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_folder_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_uidlist_SOURCES = %D%/test_uidlist.c
%C%_test_uidlist_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_uidlist_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_side_files_SOURCES = %D%/test_side_files.c
%C%_test_side_files_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_side_files_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_body_SOURCES = %D%/test_body.c
%C%_test_body_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_body_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_lock_SOURCES = %D%/test_lock.c
%C%_test_lock_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_lock_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_store_SOURCES = %D%/test_store.c
%C%_test_store_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_store_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_store_limits_SOURCES = %D%/test_store_limits.c
%C%_test_store_limits_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_store_limits_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_store_owner_SOURCES = %D%/test_store_owner.c
%C%_test_store_owner_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_store_owner_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_SOURCES = %D%/test_mailbox.c
%C%_test_mailbox_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_readahead_SOURCES = %D%/test_mailbox_readahead.c
%C%_test_mailbox_readahead_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_readahead_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_added_SOURCES = %D%/test_added.c
%C%_test_added_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_added_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_again_SOURCES = %D%/test_mailbox_again.c
%C%_test_mailbox_again_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_again_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_view_lock_SOURCES = %D%/test_view_lock.c
%C%_test_view_lock_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_view_lock_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_copy_SOURCES = %D%/test_mailbox_copy.c
%C%_test_mailbox_copy_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_copy_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_message_SOURCES = %D%/test_mailbox_message.c
%C%_test_mailbox_message_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_message_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_index_SOURCES = %D%/test_mailbox_index.c
%C%_test_mailbox_index_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_index_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_spoiled_SOURCES = %D%/test_mailbox_spoiled.c
%C%_test_mailbox_spoiled_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_spoiled_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_damage_SOURCES = %D%/test_mailbox_damage.c
%C%_test_mailbox_damage_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_damage_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_index_texts_SOURCES = %D%/test_index_texts.c
%C%_test_index_texts_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_index_texts_LDADD = libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_spool_SOURCES = %D%/test_spool.c
%C%_test_spool_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_spool_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_spool_envelope_SOURCES = %D%/test_spool_envelope.c
%C%_test_spool_envelope_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_spool_envelope_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_courier
TESTS += %D%/test_courier
%C%_test_courier_SOURCES = %D%/test_courier.c
%C%_test_courier_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_courier_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)

# the store from the command line, for tests/e2e
noinst_PROGRAMS += tests/tools/store_tool
tests_tools_store_tool_SOURCES = tests/tools/store_tool.c
tests_tools_store_tool_LDADD = libstore.a libindex.a libbase.a

# its speed; not part of make check
noinst_PROGRAMS += tests/bench/bench_store
tests_bench_bench_store_SOURCES = tests/bench/bench_store.c
tests_bench_bench_store_LDADD = libstore.a libindex.a libbase.a
%C%_test_metadata_SOURCES = %D%/test_metadata.c
%C%_test_metadata_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_metadata_LDADD = libstore.a libindex.a libmsg.a libbase.a $(CMOCKA_LIBS)
%C%_test_watch_SOURCES = %D%/test_watch.c
%C%_test_watch_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_watch_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_mailbox_modseq_SOURCES = %D%/test_mailbox_modseq.c
%C%_test_mailbox_modseq_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_mailbox_modseq_LDADD = libstore.a libindex.a libbase.a $(CMOCKA_LIBS)
%C%_test_told_SOURCES = %D%/test_told.c
%C%_test_told_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_told_LDADD = libindex.a libbase.a $(CMOCKA_LIBS)
