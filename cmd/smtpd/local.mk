# cmd/smtpd: front/ and content/ run in the front, keeper/ in the keeper
noinst_LIBRARIES += libsmtpd.a
libsmtpd_a_SOURCES = \
	%D%/content/content.c %D%/content/content.h \
	%D%/content/milter_edits.c %D%/content/milter_edits.h \
	%D%/content/milter_greeting.c \
	%D%/content/milter_macros.c %D%/content/milter_macros.h \
	%D%/content/milter_message.c %D%/content/milter_reply.c \
	%D%/content/milters.c %D%/content/milters.h \
	%D%/content/pipe_answer.c %D%/content/pipe_answer.h \
	%D%/content/pipe_status.c %D%/content/pipe_status.h \
	%D%/content/pipes.c \
	%D%/content/spam.c \
	%D%/content/virus.c \
	%D%/front/auth.c \
	%D%/front/bdat.c \
	%D%/front/binary.c \
	%D%/front/checks.c %D%/front/checks.h \
	%D%/front/data.c %D%/front/data.h \
	%D%/front/envelope.c \
	%D%/front/events.c %D%/front/events.h \
	%D%/front/front.c \
	%D%/front/intake.c %D%/front/intake.h \
	%D%/front/limits.h \
	%D%/front/params.c %D%/front/params.h \
	%D%/front/reception.c %D%/front/reception.h \
	%D%/front/replies.c %D%/front/replies.h \
	%D%/front/say.c %D%/front/say.h \
	%D%/front/session.c %D%/front/session.h \
	%D%/front/submission.c %D%/front/submission.h \
	%D%/front/submission_from.c \
	%D%/front/unstuff.c %D%/front/unstuff.h \
	%D%/front/xclient.c %D%/front/xclient.h \
	%D%/keeper/content.c \
	%D%/keeper/delivery.c %D%/keeper/delivery.h \
	%D%/keeper/filter.c %D%/keeper/filter.h \
	%D%/keeper/filter_command.c \
	%D%/keeper/filter_runner.c %D%/keeper/filter_runner.h \
	%D%/keeper/keeper.c %D%/keeper/keeper.h \
	%D%/keeper/notice.c \
	%D%/keeper/recipients.c \
	%D%/keeper/lookup.c %D%/keeper/lookup.h \
	%D%/keeper/reputation.c %D%/keeper/reputation.h \
	%D%/keeper/spooling.c \
	%D%/keeper/sender.c %D%/keeper/sender.h \
	%D%/keeper/strangers.c %D%/keeper/strangers.h \
	%D%/keeper/transaction.c %D%/keeper/transaction.h \
	%D%/wire.c %D%/wire.h \
	%D%/wire_content.c %D%/wire_content.h

pkglibexec_PROGRAMS += njiwa-smtpd
njiwa_smtpd_SOURCES = %D%/main.c
njiwa_smtpd_LDADD = libsmtpd.a libsvc.a libproto.a libaccount.a libstore.a libindex.a \
	libmsg.a libnet.a libbase.a $(INIH_LIBS)
dist_man_MANS += %D%/njiwa-smtpd.8
