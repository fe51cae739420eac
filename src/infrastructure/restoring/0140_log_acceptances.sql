-- Logs that had lost events and were accepted as they were: by whom, why, and all that had been known and was lost. No replay
-- touches it: it says what no log says any more. No personal data: ids and amounts only.
CREATE TABLE log_acceptances (
  -- Derived from what was lost; the LogAccepted event names it.
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  note text NOT NULL CHECK (length(note) > 0),
  -- What did not agree.
  found text NOT NULL
);

CREATE TABLE lost_events (
  acceptance uuid NOT NULL REFERENCES log_acceptances,
  -- From 1, in the order of the log that was lost.
  place bigint NOT NULL,
  -- Who knew of it: the audit log, or the table of a read model that was ahead of it.
  known_by text NOT NULL,
  stream text NOT NULL,
  revision bigint NOT NULL,
  -- Null where only a read model knows of it.
  event_id uuid,
  type text,
  customer_id text,
  mode text,
  message_id text,
  reservation_id text,
  -- 1/10 000 KES, as the read models had it: of the movement, else of the message.
  amount numeric(40, 0),
  actor_kind text,
  actor_id text,
  correlation_id text,
  at timestamptz,
  recorded_at timestamptz,
  PRIMARY KEY (acceptance, place)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_acceptances
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lost_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();

-- What an accepted log has not been made into yet: while a row stands here, writes are refused. A rebuild takes its row away
-- in the transaction that puts the rows in their place.
CREATE TABLE rebuilds_owed (
  projection text PRIMARY KEY,
  acceptance uuid NOT NULL REFERENCES log_acceptances
);

-- For those who run the program; no customer reads it.
ALTER TABLE lost_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reconciled ON lost_events FOR SELECT TO waht_worker USING (true);
CREATE POLICY kept ON lost_events FOR INSERT TO waht_worker WITH CHECK (true);
GRANT SELECT, INSERT ON log_acceptances, lost_events TO waht_worker;
GRANT SELECT ON rebuilds_owed TO waht_worker;
