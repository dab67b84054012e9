-- Keys for logins by SCRAM-SHA-256 (RFC 5802): the login name in lower case;
-- salt, keys and digest in base64.  They count only while digest is that of
-- the password's hash in users.  The row without a name has a secret of which
-- the salts of users that do not exist are made.
CREATE TABLE IF NOT EXISTS scram_keys (
  name TEXT NOT NULL PRIMARY KEY,
  salt TEXT NOT NULL,
  iterations INTEGER NOT NULL,
  stored_key TEXT NOT NULL,
  server_key TEXT NOT NULL,
  digest TEXT NOT NULL
) WITHOUT ROWID;
