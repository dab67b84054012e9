/* The driver journal.so: structured events to systemd's journal. */
#ifndef NJIWA_SVC_JOURNAL_H
#define NJIWA_SVC_JOURNAL_H

#include "common/base/log.h"

/* What journal.so exports as njiwa_journal_driver. */
struct journal_driver {
	/* Sends MESSAGE, PRIORITY, SYSLOG_IDENTIFIER (ctx, a C string),
	 * NJIWA_TRACE, and NJIWA_<FIELD> for each field. */
	log_sink *sink;
};

#endif
