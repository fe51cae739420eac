-- Messages as the REST resource shows them. Number and body stay sealed as they stand in the event: they are opened when
-- read, so that destroying a subject's key erases them here too.
CREATE TABLE messages (
  message_id text PRIMARY KEY,
  -- Of the last event folded into the row.
  revision bigint NOT NULL,
  customer_id text NOT NULL,
  mode text NOT NULL,
  direction text NOT NULL,
  channel text NOT NULL,
  class text NOT NULL,
  subject_id text NOT NULL,
  -- The person's number, whichever way the message went.
  recipient jsonb NOT NULL,
  body jsonb NOT NULL,
  -- Ours: the sender ID, or the inbound number.
  sender text NOT NULL,
  encoding text NOT NULL,
  segments integer NOT NULL,
  on_unknown text NOT NULL,
  -- Price of the whole message by tier, decimal strings of 1/10 000 KES.
  prices jsonb NOT NULL,
  client_reference text,
  batch_id text,
  send_at timestamptz,
  -- Null of what came in.
  valid_until timestamptz,
  created_at timestamptz NOT NULL,
  status text NOT NULL,
  final boolean NOT NULL,
  tier text NOT NULL,
  -- 1/10 000 KES.
  amount numeric(40, 0) NOT NULL,
  charge text NOT NULL,
  error jsonb,
  dispatched_at timestamptz,
  delivered_at timestamptz
) WITH (fillfactor = 80);

-- Lists, newest first. Only columns that never change are indexed, so that a change of state touches no index.
CREATE INDEX messages_newest ON messages (customer_id, mode, created_at DESC, message_id DESC);
CREATE INDEX messages_to ON messages (customer_id, mode, subject_id, created_at DESC, message_id DESC);
CREATE INDEX messages_reference ON messages (customer_id, mode, client_reference, created_at DESC, message_id DESC)
  WHERE client_reference IS NOT NULL;
CREATE INDEX messages_batch ON messages (customer_id, mode, batch_id, created_at DESC, message_id DESC)
  WHERE batch_id IS NOT NULL;

ALTER TABLE messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON messages FOR SELECT TO waht_api
  USING (customer_id = nullif(current_setting('app.customer', true), ''));
CREATE POLICY projected ON messages TO waht_projector USING (true) WITH CHECK (true);
GRANT SELECT ON messages TO waht_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO waht_projector;
