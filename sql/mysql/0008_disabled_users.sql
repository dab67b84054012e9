-- Accounts that are switched off, by their login names.  A table of its own, for
-- that of the users is the predecessor's.
CREATE TABLE IF NOT EXISTS disabled_users (
  username varchar(255) NOT NULL,
  PRIMARY KEY (username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
