-- States of long streams, so that a cold start reads a snapshot and what came after it. A cache: deleting rows loses nothing.
CREATE TABLE snapshots (
  stream         text        PRIMARY KEY,
  schema_version integer     NOT NULL,
  revision       bigint      NOT NULL,
  state          jsonb       NOT NULL,
  saved_at       timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON snapshots TO waht_worker;
