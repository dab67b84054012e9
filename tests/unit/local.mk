# Unit tests: one program a module, one file of rows a layer.
EXTRA_DIST += %D%/unit.h
include %D%/base.mk
include %D%/net.mk
include %D%/msg.mk
include %D%/store.mk
include %D%/account.mk
include %D%/proto.mk
include %D%/svc.mk
include %D%/cmd.mk
