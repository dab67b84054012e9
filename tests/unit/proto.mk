# units of common/proto
check_PROGRAMS += %D%/test_command
TESTS += %D%/test_command
%C%_test_command_SOURCES = %D%/test_command.c
%C%_test_command_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_command_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
