# Migrations: numbered, additive, applied in order by `njiwa db migrate`.
sqlmysqldir = $(pkgdatadir)/sql/mysql
dist_sqlmysql_DATA = \
	%D%/mysql/0001_predecessor.sql \
	%D%/mysql/0002_domains.sql \
	%D%/mysql/0003_indexes.sql
sqlsqlitedir = $(pkgdatadir)/sql/sqlite
dist_sqlsqlite_DATA = \
	%D%/sqlite/0001_predecessor.sql \
	%D%/sqlite/0002_domains.sql \
	%D%/sqlite/0003_indexes.sql
