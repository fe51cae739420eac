-- One row a recipient and customer: the keyed hash of the number for look-ups, and the key that seals what is personal.
-- Deleting the row erases the person from a log that cannot be changed. Nothing here is rebuilt by a replay.
CREATE TABLE subject_keys (
  customer_id text        NOT NULL,
  lookup_hash bytea       NOT NULL CHECK (octet_length(lookup_hash) = 32),
  subject_id  text        NOT NULL UNIQUE,
  wrapped_key bytea       NOT NULL,
  key_version integer     NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, lookup_hash)
);

-- A provider's report names only a number: all customers' subjects with it.
CREATE INDEX subject_keys_by_lookup_hash ON subject_keys (lookup_hash);
