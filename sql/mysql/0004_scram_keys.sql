-- Keys for logins by SCRAM-SHA-256 (RFC 5802): the login name in lower case;
-- salt, keys and digest in base64.  They count only while digest is that of
-- the password's hash in users.  The row without a name has a secret of which
-- the salts of users that do not exist are made.
CREATE TABLE IF NOT EXISTS scram_keys (
  name varchar(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  salt varchar(127) NOT NULL,
  iterations int(11) NOT NULL,
  stored_key varchar(127) NOT NULL,
  server_key varchar(127) NOT NULL,
  digest varchar(127) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
