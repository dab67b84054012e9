# Tests: units (cmocka), fuzz targets with their corpus, end to end (pytest).
include %D%/unit/local.mk
include %D%/fuzz/local.mk
