noinst_LIBRARIES += libmsg.a
libmsg_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/date.c %D%/date.h \
	%D%/header.c %D%/header.h \
	%D%/mime.c %D%/mime.h \
	%D%/mime_value.c %D%/mime_value.h \
	%D%/received.c %D%/received.h \
	%D%/xtext.c %D%/xtext.h
