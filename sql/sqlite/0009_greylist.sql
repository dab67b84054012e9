-- Who sent to whom from which network for the first time, and came again.  The
-- row without sender and recipient counts those of its network that did.
-- Times in seconds since 1970.
CREATE TABLE IF NOT EXISTS greylist (
  network TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  passed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (network, sender, recipient)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS njiwa_greylist_expires ON greylist (expires);
