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
