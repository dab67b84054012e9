-- Whom users may send as, beside the addresses whose mail they get: an
-- address, or @domain for all of a domain.
CREATE TABLE IF NOT EXISTS sender_acl (
  login varchar(255) NOT NULL,
  sender varchar(255) NOT NULL,
  PRIMARY KEY (login, sender)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
