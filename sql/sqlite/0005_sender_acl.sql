-- Whom users may send as, beside the addresses whose mail they get: an
-- address, or @domain for all of a domain.
CREATE TABLE IF NOT EXISTS sender_acl (
  login TEXT NOT NULL COLLATE NOCASE,
  sender TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (login, sender)
) WITHOUT ROWID;
