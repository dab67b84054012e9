-- Who sent to whom from which network for the first time, and came again.  The
-- row without sender and recipient counts those of its network that did.
-- Octets, for two senders that a collation takes for one are two; times in
-- seconds since 1970.
CREATE TABLE IF NOT EXISTS greylist (
  network varbinary(64) NOT NULL,
  sender varbinary(255) NOT NULL,
  recipient varbinary(255) NOT NULL,
  first_seen bigint NOT NULL,
  expires bigint NOT NULL,
  passed int NOT NULL DEFAULT 0,
  PRIMARY KEY (network, sender, recipient),
  KEY njiwa_greylist_expires (expires)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
