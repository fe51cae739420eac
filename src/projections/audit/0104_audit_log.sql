-- What happened, in $all order, for ever: one row an event, chained by hashes. Only what follows from the event itself
-- stands here, so that a rebuild comes out byte for byte the same: no log position, no time of projecting, no personal data.
-- Whoever writes it needs SELECT and INSERT on it, and nothing more; who owns it writes nothing but a rebuild.
CREATE TABLE audit_log (
  -- Place in the chain, from 1, without a gap.
  seq bigint PRIMARY KEY,
  event_id uuid NOT NULL,
  stream text NOT NULL,
  revision bigint NOT NULL,
  type text NOT NULL,
  -- SHA-256 of the bytes as stored.
  data_sha256 bytea NOT NULL,
  metadata_sha256 bytea NOT NULL,
  -- When the store took it, by the store's own clock.
  recorded_at timestamptz NOT NULL,
  -- From the metadata; null where it does not say. When the command was accepted:
  at timestamptz,
  actor_kind text,
  actor_id text,
  correlation_id text,
  customer_id text,
  -- SHA-256 of the canonical JSON of all the above and of the hash before; see audit-row.ts.
  hash bytea NOT NULL,
  UNIQUE (stream, revision)
);

CREATE INDEX audit_log_customer ON audit_log (customer_id, seq) WHERE customer_id IS NOT NULL;

-- What operators did is a sliver of the log and the first thing that is asked for; rows of the hot path pay nothing for it.
CREATE INDEX audit_log_operator ON audit_log (actor_id, seq) WHERE actor_kind = 'operator';

-- The store's clock goes with the sequence, so a range of times is a range of pages.
CREATE INDEX audit_log_recorded ON audit_log USING brin (recorded_at) WITH (pages_per_range = 32);

CREATE FUNCTION refuse_change_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();

-- The end of the chain and how far in $all it reaches. Not part of the log: the log itself holds no position.
CREATE TABLE audit_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  commit_position bigint NOT NULL,
  prepare_position bigint NOT NULL
) WITH (fillfactor = 20);

INSERT INTO audit_head (seq, hash, commit_position, prepare_position)
VALUES (0, decode(repeat('00', 32), 'hex'), -1, -1);

-- A customer sees its own rows; nobody may change one, not even whoever writes them.
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_log FOR SELECT TO waht_api
  USING (customer_id = nullif(current_setting('app.customer', true), ''));
CREATE POLICY projected ON audit_log FOR SELECT TO waht_projector USING (true);
CREATE POLICY written ON audit_log FOR INSERT TO waht_projector WITH CHECK (true);
CREATE POLICY verified ON audit_log FOR SELECT TO waht_worker USING (true);
GRANT SELECT ON audit_log TO waht_api, waht_worker;
GRANT SELECT, INSERT ON audit_log TO waht_projector;
GRANT SELECT, UPDATE ON audit_head TO waht_projector;
GRANT SELECT ON audit_head TO waht_worker;
