-- Where each projection stands in $all. Written in the same transaction as the rows of a batch, by compare-and-set.
CREATE TABLE projection_checkpoints (
  name text NOT NULL,
  version integer NOT NULL,
  -- Both null until the first batch.
  commit_position bigint,
  prepare_position bigint,
  -- Events that reached `apply` so far.
  events bigint NOT NULL DEFAULT 0,
  -- The store's time of the event at the position.
  last_event_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, version),
  CHECK ((commit_position IS NULL) = (prepare_position IS NULL))
) WITH (fillfactor = 20);

GRANT SELECT, INSERT, UPDATE ON projection_checkpoints TO waht_projector;
GRANT SELECT ON projection_checkpoints TO waht_worker;
