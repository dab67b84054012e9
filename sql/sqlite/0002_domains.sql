-- The local domains, beside those that host_list names and those of users.
CREATE TABLE IF NOT EXISTS domains (
  name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE
) WITHOUT ROWID;
