/* The messages of a mailbox as the protocols want them (body.h).
 * Never changes one. */
#ifndef NJIWA_STORE_MAILBOX_BODY_H
#define NJIWA_STORE_MAILBOX_BODY_H

#include "common/store/body.h"
#include "common/store/mailbox.h"

/* Opens a message into a body that is zeroed or was used before
 * (body_open_next).  0, -ENOENT, -errno with err filled. */
int mailbox_message_body(
    struct mailbox *mb, uint32_t seq, struct body *body, struct err *err);

#endif
