-- Where each projection stands in $all, and which version of it serves. Written in the same transaction as the rows of a
-- batch, by compare-and-set.
CREATE TABLE projection_checkpoints (
  name text NOT NULL,
  -- The one that wrote the rows. A rebuild keeps its own checkpoint in a schema of its own.
  version integer NOT NULL,
  -- Both null until the first batch.
  commit_position bigint,
  prepare_position bigint,
  -- Events that reached `apply` so far.
  events bigint NOT NULL DEFAULT 0,
  -- The store's time of the event at the position.
  last_event_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Counts what changed beside the feed (a parked stream let go, rows rebuilt): the runner then reads again what is parked.
  interventions bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (name),
  CHECK ((commit_position IS NULL) = (prepare_position IS NULL))
) WITH (fillfactor = 20);

GRANT SELECT, INSERT, UPDATE ON projection_checkpoints TO waht_projector;
GRANT SELECT ON projection_checkpoints TO waht_worker;
