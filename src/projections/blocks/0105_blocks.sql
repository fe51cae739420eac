-- Every block there was; `lifted_at` null: it stands. A subject says nothing about who it is.
CREATE TABLE blocks (
  subject text PRIMARY KEY,
  -- Of the last event of the block's stream in the row.
  revision bigint NOT NULL,
  kind text NOT NULL,
  customer_id text,
  reason text NOT NULL,
  placed_at timestamptz NOT NULL,
  lifted_at timestamptz,
  note text
);

CREATE INDEX blocks_standing ON blocks (placed_at DESC) WHERE lifted_at IS NULL;

ALTER TABLE blocks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projected ON blocks TO waht_projector USING (true) WITH CHECK (true);
CREATE POLICY operations ON blocks FOR SELECT TO waht_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON blocks TO waht_projector;
GRANT SELECT ON blocks TO waht_worker;
