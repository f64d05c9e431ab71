-- +goose Up
-- Times are milliseconds since 1970 in UTC, NULL where something has not happened. Flags are 0 or 1.

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- What every workflow would go on with, so that it can be started again.
CREATE TABLE records (
  workflow TEXT PRIMARY KEY,
  type     TEXT NOT NULL,
  incident BIGINT NOT NULL,
  version  BIGINT NOT NULL,
  over     INTEGER NOT NULL,
  state    TEXT NOT NULL,
  shown    TEXT NOT NULL
);
CREATE INDEX records_incident ON records (incident);

CREATE TABLE incidents (
  number       INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL,
  title        TEXT NOT NULL,
  severity     INTEGER NOT NULL,
  status       TEXT NOT NULL,
  private      INTEGER NOT NULL,
  declared_at  BIGINT NOT NULL,
  declared_by  TEXT NOT NULL,
  declared_way TEXT NOT NULL,
  started_at   BIGINT,
  detected_at  BIGINT,
  mustered_at  BIGINT,
  mitigated_at BIGINT,
  resolved_at  BIGINT,
  closed_at    BIGINT,
  merged_at    BIGINT,
  merged_into  BIGINT,
  commander    TEXT NOT NULL,
  learning     TEXT NOT NULL,
  last_update  TEXT NOT NULL,
  tracker      TEXT NOT NULL,
  tracker_url  TEXT NOT NULL,
  channel      TEXT NOT NULL,
  channel_url  TEXT NOT NULL,
  follow_ups   INTEGER NOT NULL,
  facts        TEXT NOT NULL
);
CREATE INDEX incidents_status ON incidents (status, number);
CREATE INDEX incidents_declared ON incidents (declared_at);

CREATE TABLE services (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  service  TEXT NOT NULL,
  PRIMARY KEY (incident, service)
);
CREATE INDEX services_service ON services (service, incident);

CREATE TABLE tags (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  tag      TEXT NOT NULL,
  PRIMARY KEY (incident, tag)
);
CREATE INDEX tags_tag ON tags (tag, incident);

-- Who belongs to an incident: "member" for those who see it when it is private, and what they were in it.
CREATE TABLE people (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  person   TEXT NOT NULL,
  part     TEXT NOT NULL,
  since    BIGINT,
  PRIMARY KEY (incident, person, part)
);
CREATE INDEX people_person ON people (person, part, incident);

CREATE TABLE timeline (
  incident       BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  seq            INTEGER NOT NULL,
  at             BIGINT NOT NULL,
  person         TEXT NOT NULL,
  way            TEXT NOT NULL,
  event          TEXT NOT NULL,
  text           TEXT NOT NULL,
  entry          TEXT NOT NULL,
  PRIMARY KEY (incident, seq)
);
CREATE INDEX timeline_event ON timeline (event, at);

CREATE TABLE pages (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  number   INTEGER NOT NULL,
  target   TEXT NOT NULL,
  status   TEXT NOT NULL,
  required INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  first_at BIGINT,
  answered_by TEXT NOT NULL,
  answered_at BIGINT,
  PRIMARY KEY (incident, number)
);

-- Whom the pager has really asked, one row for an entry of its log, judged by that person's own calendar at that
-- time. Facts keep some of them, the archive all that it was ever told.
CREATE TABLE wakings (
  incident  BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  page      INTEGER NOT NULL,
  id        TEXT NOT NULL,
  person    TEXT NOT NULL,
  at        BIGINT NOT NULL,
  means     TEXT NOT NULL,
  night     INTEGER NOT NULL,
  off_hours INTEGER NOT NULL,
  zone      TEXT NOT NULL,
  PRIMARY KEY (incident, page, id)
);
CREATE INDEX wakings_at ON wakings (at);
CREATE INDEX wakings_person ON wakings (person, at);

CREATE TABLE follow_ups (
  incident    BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  title       TEXT NOT NULL,
  status      TEXT NOT NULL,
  owner       TEXT NOT NULL,
  due         TEXT NOT NULL,
  reason      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  priority    TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at BIGINT,
  decided_by  TEXT NOT NULL,
  decided_at  BIGINT,
  ended_at    BIGINT,
  moved       INTEGER NOT NULL,
  issue       TEXT NOT NULL,
  issue_url   TEXT NOT NULL,
  PRIMARY KEY (incident, number)
);
CREATE INDEX follow_ups_status ON follow_ups (status, due);
CREATE INDEX follow_ups_owner ON follow_ups (owner, status);

CREATE TABLE reviews (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  number   INTEGER NOT NULL,
  status   TEXT NOT NULL,
  track    TEXT NOT NULL,
  at       BIGINT,
  reason   TEXT NOT NULL,
  issue    TEXT NOT NULL,
  issue_url TEXT NOT NULL,
  PRIMARY KEY (incident, number)
);

-- Every wording of what was learnt, in its order.
CREATE TABLE learnings (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  seq      INTEGER NOT NULL,
  at       BIGINT NOT NULL,
  person   TEXT NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (incident, seq)
);
CREATE INDEX learnings_at ON learnings (at);

-- What people have put right in the record afterwards.
CREATE TABLE corrections (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  at       BIGINT NOT NULL,
  field    TEXT NOT NULL,
  before   TEXT NOT NULL,
  after    TEXT NOT NULL,
  person   TEXT NOT NULL,
  reason   TEXT NOT NULL,
  PRIMARY KEY (incident, at, field)
);

CREATE TABLE snags (
  incident BIGINT NOT NULL REFERENCES incidents ON DELETE CASCADE,
  mirror   TEXT NOT NULL,
  step     TEXT NOT NULL,
  since    BIGINT NOT NULL,
  reason   TEXT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (incident, mirror, step, since)
);

-- The words of an incident under its number, and marks for the filters that it fulfils. They come as words, so
-- that only ASCII has signs to part them.
CREATE VIRTUAL TABLE search USING fts5 (
  marks, title, learnings, follow_ups, timeline, content='', contentless_delete=1, tokenize='ascii', prefix='3'
);

-- +goose Down
DROP TABLE search;
DROP TABLE corrections;
DROP TABLE snags;
DROP TABLE learnings;
DROP TABLE reviews;
DROP TABLE follow_ups;
DROP TABLE wakings;
DROP TABLE pages;
DROP TABLE timeline;
DROP TABLE people;
DROP TABLE tags;
DROP TABLE services;
DROP TABLE incidents;
DROP TABLE records;
DROP TABLE settings;
