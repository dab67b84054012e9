# Migrations: numbered, additive, applied in order by `njiwa db migrate`.
sqlmysqldir = $(pkgdatadir)/sql/mysql
dist_sqlmysql_DATA = \
	%D%/mysql/0001_predecessor.sql \
	%D%/mysql/0002_domains.sql \
	%D%/mysql/0003_indexes.sql \
	%D%/mysql/0004_scram_keys.sql \
	%D%/mysql/0005_sender_acl.sql \
	%D%/mysql/0006_submission_counts.sql \
	%D%/mysql/0007_domain_aliases.sql \
	%D%/mysql/0008_disabled_users.sql \
	%D%/mysql/0009_greylist.sql \
	%D%/mysql/0010_spam_prefs.sql
sqlsqlitedir = $(pkgdatadir)/sql/sqlite
dist_sqlsqlite_DATA = \
	%D%/sqlite/0001_predecessor.sql \
	%D%/sqlite/0002_domains.sql \
	%D%/sqlite/0003_indexes.sql \
	%D%/sqlite/0004_scram_keys.sql \
	%D%/sqlite/0005_sender_acl.sql \
	%D%/sqlite/0006_submission_counts.sql \
	%D%/sqlite/0007_domain_aliases.sql \
	%D%/sqlite/0008_disabled_users.sql \
	%D%/sqlite/0009_greylist.sql \
	%D%/sqlite/0010_spam_prefs.sql
