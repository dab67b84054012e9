-- The tables of the predecessor, as its users have them: in either of its two
-- published shapes they are taken as they are, and only what is missing is
-- made.  Nothing here or later changes a column that it reads.
CREATE TABLE IF NOT EXISTS users (
  id int(11) NOT NULL AUTO_INCREMENT,
  name varchar(64) NOT NULL DEFAULT '',
  password varchar(255) NOT NULL DEFAULT '',
  domain varchar(255) NOT NULL DEFAULT '',
  uid int(11) DEFAULT NULL,
  gid int(11) DEFAULT NULL,
  gecos varchar(255) DEFAULT NULL,
  home varchar(255) DEFAULT NULL,
  quota varchar(255) DEFAULT '0',
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS quota (
  username varchar(255) NOT NULL,
  bytes bigint(20) NOT NULL DEFAULT 0,
  messages int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS forwarder (
  id int(11) NOT NULL AUTO_INCREMENT,
  address varchar(255) NOT NULL,
  action varchar(8) NOT NULL,
  aliases text,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS expires (
  username varchar(100) NOT NULL,
  mailbox varchar(255) NOT NULL,
  expire_stamp int(11) NOT NULL,
  PRIMARY KEY (username, mailbox)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
