-- Calls to providers: what delivery reports are matched by. It names no customer; a subject's id is random.
CREATE TABLE message_attempts (
  message_id text NOT NULL,
  attempt integer NOT NULL,
  -- Of the last event of the message's stream in the row.
  revision bigint NOT NULL,
  provider text NOT NULL,
  subject_id text NOT NULL,
  started_at timestamptz NOT NULL,
  -- open: a claim without an outcome. unknown: the call ended without an answer that says.
  status text NOT NULL CHECK (status IN ('open', 'unknown', 'accepted', 'refused')),
  provider_message_id text,
  PRIMARY KEY (message_id, attempt)
);

CREATE INDEX message_attempts_by_id ON message_attempts (provider, provider_message_id)
  WHERE provider_message_id IS NOT NULL;
CREATE INDEX message_attempts_open ON message_attempts (provider, subject_id, started_at)
  WHERE status IN ('open', 'unknown');

-- Messages that have not ended, for the watchdog alone. A row goes when its message ends.
CREATE TABLE message_watch (
  message_id text PRIMARY KEY,
  revision bigint NOT NULL,
  subject_id text NOT NULL,
  attempts integer NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'claimed', 'unresolved')),
  -- queued, claimed: since when. unresolved: the report deadline.
  look_at timestamptz NOT NULL
);

CREATE INDEX message_watch_by_time ON message_watch (look_at);
ALTER TABLE message_watch SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

GRANT SELECT, INSERT, UPDATE, DELETE ON message_attempts, message_watch TO waht_projector;
GRANT SELECT ON message_attempts, message_watch TO waht_worker;
