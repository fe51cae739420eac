-- States of long streams, so that a cold start reads a snapshot and what came after it. A cache: deleting rows loses nothing.
CREATE TABLE snapshots (
  stream         text        PRIMARY KEY,
  schema_version integer     NOT NULL,
  revision       bigint      NOT NULL,
  -- Of the event at that revision: a snapshot of another log is told by it.
  event_id       uuid        NOT NULL,
  state          jsonb       NOT NULL,
  saved_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX snapshots_newest ON snapshots (saved_at DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON snapshots TO waht_worker;
