# fuzz targets of common/proto
FUZZ_TARGETS += %D%/fuzz_command
%C%_fuzz_command_SOURCES = %D%/fuzz_command.c $(FUZZ_MAIN)
%C%_fuzz_command_LDADD = libproto.a libbase.a
%C%_fuzz_command_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_sasl
%C%_fuzz_sasl_SOURCES = %D%/fuzz_sasl.c $(FUZZ_MAIN)
%C%_fuzz_sasl_LDADD = libproto.a libbase.a
%C%_fuzz_sasl_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_spam_answer
%C%_fuzz_spam_answer_SOURCES = %D%/fuzz_spam_answer.c $(FUZZ_MAIN)
%C%_fuzz_spam_answer_LDADD = libproto.a libbase.a
%C%_fuzz_spam_answer_LDFLAGS = $(FUZZ_LINK)
