-- +goose Up

-- What an incident has in common with its repeats.
ALTER TABLE incidents ADD COLUMN alert_key TEXT NOT NULL DEFAULT '';

-- That a person was erased, without saying who it was.
CREATE TABLE erasures (
  alias     TEXT PRIMARY KEY,
  at        BIGINT NOT NULL,
  asked_by  TEXT NOT NULL,
  reason    TEXT NOT NULL,
  incidents INTEGER NOT NULL,
  records   INTEGER NOT NULL,
  done_at   BIGINT
);

-- By what a person is known again who was erased: salted hashes of an address (words is 0), and of names of
-- so many words.
CREATE TABLE erased (
  hash  TEXT PRIMARY KEY,
  salt  TEXT NOT NULL,
  words INTEGER NOT NULL,
  alias TEXT NOT NULL REFERENCES erasures ON DELETE CASCADE
);

-- +goose Down
DROP TABLE erased;
DROP TABLE erasures;
ALTER TABLE incidents DROP COLUMN alert_key;
