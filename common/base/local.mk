noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/clock.c %D%/clock.h \
	%D%/driver.c %D%/driver.h \
	%D%/enc.c %D%/enc.h \
	%D%/err.c %D%/err.h \
	%D%/fault.c %D%/fault.h \
	%D%/fileio.c %D%/fileio.h \
	%D%/ipc.c %D%/ipc.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/num.c %D%/num.h \
	%D%/request.c %D%/request.h \
	%D%/secret.c %D%/secret.h \
	%D%/siphash.c %D%/siphash.h \
	%D%/slice.h \
	%D%/str.c %D%/str.h \
	%D%/tally.c %D%/tally.h %D%/tally_file.c %D%/tally_own.h
