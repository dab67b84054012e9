noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = \
	%D%/clamd.c %D%/clamd.h \
	%D%/command.c %D%/command.h \
	%D%/exchange.c %D%/exchange.h \
	%D%/milter.c %D%/milter.h \
	%D%/milter_flags.h \
	%D%/milter_list.c %D%/milter_list.h %D%/milter_quiet.c \
	%D%/milter_wire.c %D%/milter_wire.h \
	%D%/reply.c %D%/reply.h \
	%D%/sasl.c %D%/sasl.h \
	%D%/score.c %D%/score.h \
	%D%/spam_answer.c %D%/spam_answer.h \
	%D%/spamd.c %D%/spamd.h %D%/spamd_own.h \
	%D%/spamd_tell.c
