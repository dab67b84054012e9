-- What a mailbox has instead of the settings spam_tag_score, spam_junk_score and
-- spam_reject_score: a number, never, or NULL for the setting's.
CREATE TABLE IF NOT EXISTS spam_prefs (
  username TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  tag TEXT,
  junk TEXT,
  reject TEXT
) WITHOUT ROWID;
