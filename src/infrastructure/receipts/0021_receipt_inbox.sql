-- Delivery reports, sealed. A report is written here before its sender is answered, and matched afterwards.
CREATE TABLE receipt_inbox (
  id                  uuid        PRIMARY KEY,
  provider            text        NOT NULL,
  -- As it came, under a key of its day: it names a person's number.
  report              text        NOT NULL,
  -- Keyed hash of that number, so that an erasure finds it; null where nobody could read one.
  lookup_hash         bytea,
  -- Null where nobody could read it.
  provider_message_id text,
  received_at         timestamptz NOT NULL,
  comparisons         integer     NOT NULL DEFAULT 0,
  -- Null once it is settled.
  compare_at          timestamptz,
  leased_until        timestamptz,
  outcome             text
);

CREATE INDEX receipt_inbox_owed ON receipt_inbox (compare_at) WHERE compare_at IS NOT NULL;
CREATE INDEX receipt_inbox_settled ON receipt_inbox (received_at) WHERE compare_at IS NULL;

-- Every row is written twice within moments.
ALTER TABLE receipt_inbox SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- Whose report it is nobody knows before it is matched: no customer reads here.
GRANT SELECT, INSERT, UPDATE, DELETE ON receipt_inbox TO waht_worker;
-- Statistics would keep samples where the deletion of a row does not reach.
ALTER TABLE receipt_inbox ALTER COLUMN report SET STATISTICS 0, ALTER COLUMN lookup_hash SET STATISTICS 0;
