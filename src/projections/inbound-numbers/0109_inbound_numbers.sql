-- Whose the numbers are that people write to, as it stands now. Texts are not matched by it: they ask the number's stream.
CREATE TABLE inbound_numbers (
  number text NOT NULL,
  -- Empty: the whole number.
  keyword text NOT NULL,
  -- Of the last event of the number's stream that is about this keyword.
  revision bigint NOT NULL,
  customer_id text NOT NULL,
  mode text NOT NULL,
  senders jsonb NOT NULL,
  changed_at timestamptz NOT NULL,
  released boolean NOT NULL,
  PRIMARY KEY (number, keyword)
);

ALTER TABLE inbound_numbers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projected ON inbound_numbers TO waht_projector USING (true) WITH CHECK (true);
CREATE POLICY operations ON inbound_numbers FOR SELECT TO waht_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_numbers TO waht_projector;
GRANT SELECT ON inbound_numbers TO waht_worker;
