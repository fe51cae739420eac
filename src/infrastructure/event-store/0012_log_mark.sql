-- One event of the log that the read models had reached: a log that has another one there, or none, is not theirs.
CREATE TABLE log_mark (
  one              boolean     PRIMARY KEY DEFAULT true CHECK (one),
  commit_position  bigint      NOT NULL,
  prepare_position bigint      NOT NULL,
  event_id         uuid        NOT NULL,
  seen_at          timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON log_mark TO waht_worker;
