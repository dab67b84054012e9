# Fuzz targets.  Built with --enable-fuzzers they are libFuzzer programs; else
# they replay corpus/NAME, which is how `make check` runs them.
if FUZZERS
FUZZ_MAIN =
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_MAIN = %D%/replay.c
FUZZ_LINK = $(AM_LDFLAGS)
endif
EXTRA_DIST += %D%/replay.c %D%/run %D%/corpus $(wildcard $(srcdir)/%D%/*.dict)
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

fuzzers: $(FUZZ_TARGETS)

# Builds all targets with libFuzzer and both sanitizers in a folder of its own
# and runs each for so long.
FUZZ_SECONDS = 60
fuzz:
	$(srcdir)/%D%/run $(FUZZ_SECONDS) $(abs_top_builddir)/fuzz
.PHONY: fuzz fuzzers
