/* Messages that are read one after another and lie on the disk alone: the next
 * ones are opened while the first is waited for.  Costs mail that is in memory
 * one look in VIEW_READAHEAD_LOOK, and changes nothing but the time. */
#ifndef NJIWA_STORE_VIEW_READAHEAD_H
#define NJIWA_STORE_VIEW_READAHEAD_H

#include <stdint.h>

struct mailbox;

#define VIEW_READAHEAD_FILES 16 /* open at most */
#define VIEW_READAHEAD_LOOK 8   /* messages in memory before the next look */

struct view_readahead {
	uint32_t asked;  /* sequence number that was opened last; 0: none */
	uint32_t opened; /* those behind it up to this one were opened */
	uint32_t left;   /* messages to open before it is looked again */
	uint32_t look;   /* sequence number at which it is looked again */
	struct {
		uint32_t uid;
		int fd;                /* -1: it could not be opened */
	} files[VIEW_READAHEAD_FILES]; /* at sequence number % FILES */
};

/* The descriptor of a message that was opened ahead, now the caller's, or
 * -1. */
int view_readahead_take(struct mailbox *mb, uint32_t seq);

/* The message was opened behind fd: opens those that are likely to follow, if
 * it is on the disk. */
void view_readahead(struct mailbox *mb, uint32_t seq, int fd);

/* Closes what nobody asked for.  Before sequence numbers change. */
void view_readahead_stop(struct mailbox *mb);

#endif
