-- The local domains, beside those that host_list names and those of users.
CREATE TABLE IF NOT EXISTS domains (
  name varchar(255) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
