-- Calls that were refused and left no event: one row a call, chained by hashes of its own. It is not built from events, so no
-- replay touches it. No key, no address, no body: ids only. Whoever writes it needs SELECT and INSERT on it, and nothing more.
CREATE TABLE access_log (
  -- Place in the chain, from 1, without a gap.
  seq bigint PRIMARY KEY,
  -- Made with the refusal, so that a batch whose commit was in doubt is not written twice.
  id uuid NOT NULL UNIQUE,
  -- When the call was refused, by the clock of the process that refused it.
  at timestamptz NOT NULL,
  -- The X-Request-Id of its answer.
  request_id text NOT NULL,
  method text NOT NULL,
  -- Pattern of the route, never the address.
  route text NOT NULL,
  status integer NOT NULL,
  -- The code of its answer.
  code text NOT NULL,
  -- What the answer does not say: unknown_key, revoked_key, other_customer, …
  reason text NOT NULL,
  -- Of the key that was shown, where there is such a key.
  customer_id text,
  key_id text,
  -- The id that was asked for, where it is another's.
  resource text,
  -- For reason dropped: how many refused calls are missing here, because they could not be kept.
  count integer NOT NULL,
  -- SHA-256 of the canonical JSON of all the above and of the hash before; see access-row.ts.
  hash bytea NOT NULL
);

CREATE INDEX access_log_customer ON access_log (customer_id, seq) WHERE customer_id IS NOT NULL;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();

-- The end of the chain. Its row is locked by whoever appends, so that several processes write one chain.
CREATE TABLE access_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq bigint NOT NULL,
  hash bytea NOT NULL
) WITH (fillfactor = 20);

INSERT INTO access_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- Refusals of all customers, for those who run the program; no customer reads it.
ALTER TABLE access_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY verified ON access_log FOR SELECT TO waht_worker USING (true);
CREATE POLICY written ON access_log FOR INSERT TO waht_worker WITH CHECK (true);
GRANT SELECT, INSERT ON access_log TO waht_worker;
GRANT SELECT, UPDATE ON access_head TO waht_worker;
