# Fuzz targets.  Built with --enable-fuzzers they are libFuzzer programs; else
# they replay corpus/NAME, which is how `make check` runs them.
if FUZZERS
FUZZ_MAIN =
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_MAIN = %D%/replay.c
FUZZ_LINK = $(AM_LDFLAGS)
endif
EXTRA_DIST += %D%/replay.c
FUZZ_TARGETS =
include %D%/base.mk
include %D%/net.mk
include %D%/msg.mk
include %D%/store.mk
include %D%/account.mk
include %D%/proto.mk
include %D%/svc.mk
include %D%/cmd.mk
check_PROGRAMS += $(FUZZ_TARGETS)
if !FUZZERS
TESTS += $(FUZZ_TARGETS)
endif
