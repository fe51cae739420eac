-- Texts of people and opt-outs that providers tell of, sealed. Written before the provider is answered, worked on afterwards.
-- What is nobody's stays here, parked, until an operator lets it go or discards it.
CREATE TABLE inbound_inbox (
  -- Derived from the provider's own id where there is one: the same text again is the same row.
  id            uuid        PRIMARY KEY,
  provider      text        NOT NULL,
  -- text or opt_out.
  kind          text        NOT NULL,
  -- As it came, under a key of its day: it names a person's number, and holds what that person wrote.
  content       text        NOT NULL,
  -- Keyed hash of that number, so that an erasure finds it; null where nobody could read one.
  lookup_hash   bytea,
  -- Keyed hash of what the parts of one long text have in common; null of what came whole.
  part_key      bytea,
  received_at   timestamptz NOT NULL,
  tries         integer     NOT NULL DEFAULT 0,
  -- Null once it is settled, or parked.
  due_at        timestamptz,
  leased_until  timestamptz,
  -- Of what is parked: where it was sent to. A number of ours, and so no personal data.
  parked_number text,
  outcome       text
);

CREATE INDEX inbound_inbox_owed ON inbound_inbox (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX inbound_inbox_parts ON inbound_inbox (provider, part_key, received_at) WHERE part_key IS NOT NULL;
CREATE INDEX inbound_inbox_parked ON inbound_inbox (received_at) WHERE parked_number IS NOT NULL;
CREATE INDEX inbound_inbox_settled ON inbound_inbox (received_at) WHERE due_at IS NULL AND parked_number IS NULL;

-- Whose text it is nobody knows before its number was asked: no customer reads here.
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_inbox TO waht_worker;
-- Statistics would keep samples where the deletion of a row does not reach.
ALTER TABLE inbound_inbox ALTER COLUMN content SET STATISTICS 0, ALTER COLUMN lookup_hash SET STATISTICS 0,
  ALTER COLUMN part_key SET STATISTICS 0;
