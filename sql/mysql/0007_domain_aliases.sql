-- Domains that are other names for one that has mailboxes.
CREATE TABLE IF NOT EXISTS domain_aliases (
  name varchar(255) NOT NULL,
  target varchar(255) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
