-- Domains that are other names for one that has mailboxes.
CREATE TABLE IF NOT EXISTS domain_aliases (
  name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  target TEXT NOT NULL COLLATE NOCASE
) WITHOUT ROWID;
