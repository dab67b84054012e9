noinst_LIBRARIES += libsvc.a
libsvc_a_CPPFLAGS = $(AM_CPPFLAGS) $(INIH_CFLAGS)
# settings
libsvc_a_SOURCES = \
	%D%/settings.c %D%/settings.h \
	%D%/settings_env.c \
	%D%/settings_file.c \
	%D%/settings_load.h \
	%D%/settings_near.c \
	%D%/settings_path.c \
	%D%/settings_table.c %D%/settings_table.h \
	%D%/settings_value.c
