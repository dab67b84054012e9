-- Recipients that users have sent to: how many in each slot of ten minutes
-- (what = 'n'), and on which day the postmaster was told of too many ('t').
-- Rows of more than a day ago are removed.
CREATE TABLE IF NOT EXISTS submission_counts (
  login TEXT NOT NULL,
  what TEXT NOT NULL,
  slot INTEGER NOT NULL,
  recipients INTEGER NOT NULL,
  PRIMARY KEY (login, what, slot)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS njiwa_submission_slot ON submission_counts (slot);
