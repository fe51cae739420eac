-- Balances of each wallet; available = credited - debited - reserved. 1/10 000 KES throughout.
CREATE TABLE wallets (
  customer_id text NOT NULL,
  mode text NOT NULL,
  -- Of the last event of the wallet's stream in the row.
  revision bigint NOT NULL,
  credited numeric(40, 0) NOT NULL,
  debited numeric(40, 0) NOT NULL,
  reserved numeric(40, 0) NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, mode)
) WITH (fillfactor = 50);

-- Reservations without an end. `stands`: a message was found to name it, so that the sweeper need not look again.
CREATE TABLE reservations (
  reservation_id text PRIMARY KEY,
  customer_id text NOT NULL,
  mode text NOT NULL,
  message_id text NOT NULL,
  amount numeric(40, 0) NOT NULL,
  created_at timestamptz NOT NULL,
  stands boolean NOT NULL DEFAULT false
);

CREATE INDEX reservations_unexamined ON reservations (created_at, reservation_id) WHERE NOT stands;

ALTER TABLE wallets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON wallets FOR SELECT TO waht_api
  USING (customer_id = nullif(current_setting('app.customer', true), ''));
CREATE POLICY projected ON wallets TO waht_projector USING (true) WITH CHECK (true);
GRANT SELECT ON wallets TO waht_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON wallets TO waht_projector;

-- The sweeper looks for money held by no message, whoever's it is, and notes what it found; it changes nothing else.
ALTER TABLE reservations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projected ON reservations TO waht_projector USING (true) WITH CHECK (true);
CREATE POLICY swept ON reservations FOR SELECT TO waht_worker USING (true);
CREATE POLICY examined ON reservations FOR UPDATE TO waht_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON reservations TO waht_projector;
GRANT SELECT, UPDATE (stands) ON reservations TO waht_worker;
