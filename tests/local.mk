# Tests: units (cmocka), fuzz targets with their corpus, end to end (pytest),
# what the machine can say of the sources, and how fast it is.  A folder in
# EXTRA_DIST would bring what was built in it, so files are named.
EXTRA_DIST += %D%/run %D%/container/run
include %D%/unit/local.mk
include %D%/fuzz/local.mk
include %D%/e2e/local.mk
include %D%/lint/local.mk
include %D%/bench/local.mk
