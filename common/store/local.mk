noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/batch.c %D%/batch.h \
	%D%/body.c %D%/body.h \
	%D%/copying.c %D%/copying.h \
	%D%/courier.c %D%/courier.h \
	%D%/courier_import.c %D%/courier_import.h \
	%D%/courier_keywords.c \
	%D%/deliver.c %D%/delivery.h %D%/incoming.h \
	%D%/added.c %D%/added.h \
	%D%/deliver_all.c \
	%D%/detail.c %D%/detail.h \
	%D%/find.c \
	%D%/folder.c %D%/folder.h \
	%D%/folder_change.c %D%/folder_change.h \
	%D%/folder_look.c %D%/folder_look.h \
	%D%/keywords.c %D%/keywords.h \
	%D%/lock.c %D%/lock.h \
	%D%/mailbox.c %D%/mailbox.h \
	%D%/mailbox_body.h \
	%D%/mailbox_cached.c %D%/mailbox_cached.h \
	%D%/mailbox_change.c \
	%D%/mailbox_copy.c %D%/mailbox_copy.h \
	%D%/mailbox_message.c %D%/mailbox_message.h \
	%D%/mailbox_move.c \
	%D%/mailbox_progress.h \
	%D%/mailbox_size.c \
	%D%/mailbox_status.c %D%/mailbox_status.h \
	%D%/mailbox_sync.c \
	%D%/mailbox_vanished.c \
	%D%/mailbox_watch.c %D%/mailbox_watch.h \
	%D%/maildir.c %D%/maildir.h \
	%D%/metadata.c %D%/metadata.h \
	%D%/metadata_file.c \
	%D%/msgfile.c %D%/msgfile.h \
	%D%/mutf7.c %D%/mutf7.h \
	%D%/replacing.c %D%/replacing.h \
	%D%/scan.c %D%/scan.h \
	%D%/spool.c %D%/spool.h \
	%D%/spool_entry.c \
	%D%/spool_envelope.c %D%/spool_envelope.h \
	%D%/spool_file.c %D%/spool_file.h \
	%D%/spool_scan.c \
	%D%/store.c %D%/store.h \
	%D%/store_index.c %D%/store_index.h \
	%D%/store_list.c \
	%D%/subscriptions.c %D%/subscriptions.h \
	%D%/tree.c %D%/tree.h \
	%D%/uidfile.c %D%/uidfile.h \
	%D%/uidlist.c %D%/uidlist.h \
	%D%/usage.c %D%/usage.h \
	%D%/view.h %D%/view_record.h %D%/view_removal.h \
	%D%/view_assign.c \
	%D%/view_facts.c \
	%D%/view_disk.c \
	%D%/view_index.c %D%/view_index.h \
	%D%/view_lock.c %D%/view_lock.h \
	%D%/view_own.c \
	%D%/view_readahead.c %D%/view_readahead.h \
	%D%/view_publish.c \
	%D%/view_row.c \
	%D%/view_scan.c \
	%D%/view_unlist.c \
	%D%/watch.c %D%/watch.h \
	%D%/withdraw.c %D%/withdraw.h
