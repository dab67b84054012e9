-- Recipients that users have sent to: how many in each slot of ten minutes
-- (what = 'n'), and on which day the postmaster was told of too many ('t').
-- Rows of more than a day ago are removed.
CREATE TABLE IF NOT EXISTS submission_counts (
  login varchar(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  what char(1) CHARACTER SET ascii NOT NULL,
  slot bigint(20) NOT NULL,
  recipients bigint(20) NOT NULL,
  PRIMARY KEY (login, what, slot),
  KEY njiwa_submission_slot (slot)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
