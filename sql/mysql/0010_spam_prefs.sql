-- What a mailbox has instead of the settings spam_tag_score, spam_junk_score and
-- spam_reject_score: a number, never, or NULL for the setting's.
CREATE TABLE IF NOT EXISTS spam_prefs (
  username varchar(255) NOT NULL,
  tag varchar(16),
  junk varchar(16),
  reject varchar(16),
  PRIMARY KEY (username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
