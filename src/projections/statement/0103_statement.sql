-- The ledger of each wallet: what came in and what went out, in order, with the balance after. Reservations move nothing.
CREATE TABLE statement_lines (
  customer_id text NOT NULL,
  mode text NOT NULL,
  -- Of the event in the wallet's stream: the order of the lines.
  revision bigint NOT NULL,
  event_id uuid NOT NULL,
  kind text NOT NULL,
  -- 1/10 000 KES; negative where money went out.
  amount numeric(40, 0) NOT NULL,
  balance_after numeric(40, 0) NOT NULL,
  -- The credit's, the adjustment's or the reservation's id.
  reference text NOT NULL,
  message_id text,
  source text,
  note text,
  at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, mode, revision)
);

CREATE INDEX statement_lines_newest ON statement_lines (customer_id, mode, at DESC, revision DESC);

ALTER TABLE statement_lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON statement_lines FOR SELECT TO waht_api
  USING (customer_id = nullif(current_setting('app.customer', true), ''));
CREATE POLICY projected ON statement_lines TO waht_projector USING (true) WITH CHECK (true);
GRANT SELECT ON statement_lines TO waht_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON statement_lines TO waht_projector;
