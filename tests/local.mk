# Tests: units (cmocka), fuzz targets with their corpus, end to end (pytest),
# what the machine can say of the sources, and how fast it is.
include %D%/unit/local.mk
include %D%/fuzz/local.mk
include %D%/e2e/local.mk
include %D%/lint/local.mk
include %D%/bench/local.mk
