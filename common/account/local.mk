noinst_LIBRARIES += libaccount.a
libaccount_a_SOURCES = \
	%D%/account.c %D%/account.h \
	%D%/account_admin.c %D%/account_admin.h %D%/account_admin_own.h \
	%D%/account_admin_login.c \
	%D%/account_client.c %D%/account_client_own.h \
	%D%/account_client_login.c \
	%D%/account_client_session.c %D%/account_client_session.h \
	%D%/account_client_submit.c \
	%D%/account_spawn.c %D%/account_spawn.h \
	%D%/account_config.h \
	%D%/account_domain_alias.c %D%/account_domain_alias.h \
	%D%/account_expire.c %D%/account_expire.h \
	%D%/account_find.c \
	%D%/account_login.c \
	%D%/account_names.c \
	%D%/account_quota.c \
	%D%/account_rows.c \
	%D%/account_schema.c \
	%D%/account_scram.c %D%/account_scram.h \
	%D%/account_scram_store.c \
	%D%/account_sender.c \
	%D%/account_spam.c %D%/account_spam.h \
	%D%/account_spam_admin.c %D%/account_spam_admin.h \
	%D%/account_submit.c %D%/account_submit.h \
	%D%/account_sql.c %D%/account_sql.h %D%/account_sql_own.h \
	%D%/account_user.h \
	%D%/account_users.c \
	%D%/db.h \
	%D%/expansion.c %D%/expansion.h \
	%D%/greylist.c %D%/greylist.h \
	%D%/greylist_admin.c %D%/greylist_admin.h \
	%D%/greylist_client.c \
	%D%/greylist_sql.c \
	%D%/host_list.c %D%/host_list.h \
	%D%/idna.c %D%/idna.h \
	%D%/passhash.c %D%/passhash.h \
	%D%/query.c %D%/query.h \
	%D%/resolve.c \
	%D%/scram.h \
	%D%/source.c %D%/source.h \
	%D%/sql_link.c %D%/sql_link.h \
	%D%/wire.c %D%/wire.h
libaccount_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPT_CFLAGS)

# The heavy libraries, loaded when a database is needed.
driver_PROGRAMS += mysql.so sqlite.so
mysql_so_SOURCES = %D%/db_mysql.c %D%/db.h
mysql_so_CPPFLAGS = $(AM_CPPFLAGS) $(MARIADB_CFLAGS)
mysql_so_LDFLAGS = $(LINK_DRIVER)
mysql_so_LDADD = libbase.a $(MARIADB_LIBS)
sqlite_so_SOURCES = %D%/db_sqlite.c %D%/db.h
sqlite_so_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
sqlite_so_LDFLAGS = $(LINK_DRIVER)
sqlite_so_LDADD = libbase.a $(SQLITE_LIBS)
# SASL's, when somebody logs in by SCRAM or has keys made.
driver_PROGRAMS += gsasl.so
gsasl_so_SOURCES = %D%/scram_gsasl.c %D%/scram.h
gsasl_so_CPPFLAGS = $(AM_CPPFLAGS) $(GSASL_CFLAGS)
gsasl_so_LDFLAGS = $(LINK_DRIVER)
gsasl_so_LDADD = libbase.a $(GSASL_LIBS)
# Domains beyond ASCII, when somebody asks for a name in one.
driver_PROGRAMS += idn2.so
idn2_so_SOURCES = %D%/idna_libidn2.c %D%/idna.h
idn2_so_CPPFLAGS = $(AM_CPPFLAGS) $(IDN2_CFLAGS)
idn2_so_LDFLAGS = $(LINK_DRIVER)
idn2_so_LDADD = libbase.a $(IDN2_LIBS)
