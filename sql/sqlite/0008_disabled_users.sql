-- Accounts that are switched off, by their login names.
CREATE TABLE IF NOT EXISTS disabled_users (
  username TEXT NOT NULL PRIMARY KEY COLLATE NOCASE
) WITHOUT ROWID;
