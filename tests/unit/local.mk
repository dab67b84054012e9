# Unit tests: one program a module, one file of rows a layer.
EXTRA_DIST += %D%/unit.h
# What is too large is refused by the sanitizers' malloc as by any other.
AM_TESTS_ENVIRONMENT = \
	ASAN_OPTIONS=allocator_may_return_null=1:$$ASAN_OPTIONS; \
	export ASAN_OPTIONS;
include %D%/base.mk
include %D%/net.mk
include %D%/msg.mk
include %D%/store.mk
include %D%/account.mk
include %D%/proto.mk
include %D%/svc.mk
include %D%/cmd.mk
