-- Alarms of messages. One a (message, attempt, purpose); claimed by a lease, deleted once their command is appended.
CREATE TABLE timers (
  message_id   text        NOT NULL,
  attempt      integer     NOT NULL,
  purpose      text        NOT NULL,
  due_at       timestamptz NOT NULL,
  leased_until timestamptz,
  PRIMARY KEY (message_id, attempt, purpose)
);

CREATE INDEX timers_due ON timers (due_at);

-- Rows come and go all the time: dead ones are cleared away before the index is mostly made of them.
ALTER TABLE timers SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO waht_worker;
