-- Calls to providers: what delivery reports are matched by, and what the providers' health is counted from after Redis has lost it.
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
  customer_id text NOT NULL,
  -- When its answer was noted; null while there is none.
  answered_at timestamptz,
  -- Whether it counts for the provider's health: not where the recipient or the customer caused the refusal.
  counts boolean NOT NULL,
  report text CHECK (report IN ('delivered', 'undelivered', 'excused')),
  reported_at timestamptz,
  -- Of the recipient, as MCC and MNC; null where it is not known.
  network text,
  PRIMARY KEY (message_id, attempt)
);

CREATE INDEX message_attempts_by_id ON message_attempts (provider, provider_message_id)
  WHERE provider_message_id IS NOT NULL;
CREATE INDEX message_attempts_open ON message_attempts (provider, subject_id, started_at)
  WHERE status IN ('open', 'unknown');

CREATE INDEX message_attempts_by_time ON message_attempts (started_at);

-- Messages that have not ended, for the watchdog alone. A row goes when its message ends.
CREATE TABLE message_watch (
  message_id text PRIMARY KEY,
  revision bigint NOT NULL,
  subject_id text NOT NULL,
  attempts integer NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'claimed', 'unresolved')),
  -- queued, claimed: since when. unresolved: the report deadline.
  look_at timestamptz NOT NULL,
  -- For the rows of its attempts.
  network text
);

CREATE INDEX message_watch_by_time ON message_watch (look_at);
ALTER TABLE message_watch SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- No customer reads it: only the program does.
ALTER TABLE message_attempts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projected ON message_attempts TO waht_projector USING (true) WITH CHECK (true);
CREATE POLICY worked ON message_attempts FOR SELECT TO waht_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON message_attempts, message_watch TO waht_projector;
GRANT SELECT ON message_attempts, message_watch TO waht_worker;
