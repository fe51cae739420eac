-- Every opt-out there was; `ended_at` null: it stands. The number stays sealed as it stands in the event: it is opened when
-- read, so that destroying a subject's key erases it here too.
CREATE TABLE opt_outs (
  opt_out_id text PRIMARY KEY,
  -- Of the last event of the opt-out's stream in the row.
  revision bigint NOT NULL,
  customer_id text NOT NULL,
  mode text NOT NULL,
  subject_id text NOT NULL,
  phone jsonb NOT NULL,
  -- Null: every sender of the customer.
  sender text,
  source text NOT NULL,
  opted_out_at timestamptz NOT NULL,
  ended_at timestamptz,
  -- Who or what ended it: a source, or `erasure`.
  ended_by text
);

-- Lists, newest first.
CREATE INDEX opt_outs_standing ON opt_outs (customer_id, mode, opted_out_at DESC, opt_out_id DESC) WHERE ended_at IS NULL;
CREATE INDEX opt_outs_of_subject ON opt_outs (subject_id);

ALTER TABLE opt_outs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON opt_outs FOR SELECT TO waht_api
  USING (customer_id = nullif(current_setting('app.customer', true), ''));
CREATE POLICY projected ON opt_outs TO waht_projector USING (true) WITH CHECK (true);
GRANT SELECT ON opt_outs TO waht_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON opt_outs TO waht_projector;
