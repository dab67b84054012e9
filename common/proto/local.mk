noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = \
	%D%/command.c %D%/command.h \
	%D%/reply.c %D%/reply.h \
	%D%/sasl.c %D%/sasl.h \
	%D%/spam_answer.c %D%/spam_answer.h \
	%D%/spamd.c %D%/spamd.h
