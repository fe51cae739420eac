-- One row a recipient and customer: the keyed hash of the number for look-ups, and the key that seals what is personal.
-- Deleting the row erases the person from a log that cannot be changed. Nothing here is rebuilt by a replay.
CREATE TABLE subject_keys (
  customer_id text        NOT NULL,
  lookup_hash bytea       NOT NULL CHECK (octet_length(lookup_hash) = 32),
  subject_id  text        NOT NULL UNIQUE,
  wrapped_key bytea       NOT NULL,
  -- Of the master key.
  key_version integer     NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, lookup_hash)
);

-- A provider's report names only a number: all customers' subjects with it.
CREATE INDEX subject_keys_by_lookup_hash ON subject_keys (lookup_hash);

-- Which versions of the master key are still needed, and what remains to be wrapped anew, without reading every row.
CREATE INDEX subject_keys_by_version ON subject_keys (key_version);

-- Statistics would keep samples of keys and hashes in another table, where the deletion of a row does not reach.
ALTER TABLE subject_keys ALTER COLUMN wrapped_key SET STATISTICS 0, ALTER COLUMN lookup_hash SET STATISTICS 0;

-- The vault works for all customers at once: one statement inserts the new recipients of many requests.
ALTER TABLE subject_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY vault ON subject_keys TO waht_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON subject_keys TO waht_worker;
