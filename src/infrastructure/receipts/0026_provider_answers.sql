-- What providers answered sends with where nobody could read it, sealed. For operators; nothing is decided by it.
CREATE TABLE provider_answers (
  id           uuid        PRIMARY KEY,
  provider     text        NOT NULL,
  message_id   text        NOT NULL,
  attempt      integer     NOT NULL,
  -- What the outcome goes by.
  code         text        NOT NULL,
  -- HTTP.
  status       integer     NOT NULL,
  content_type text        NOT NULL,
  -- The first bytes as they came, under a key of their day: they may repeat what was sent, and to whom.
  answer       text        NOT NULL,
  -- Keyed hash of the number that the message went to, so that an erasure finds it.
  lookup_hash  bytea       NOT NULL,
  received_at  timestamptz NOT NULL
);

CREATE INDEX provider_answers_message ON provider_answers (message_id);
CREATE INDEX provider_answers_received ON provider_answers (received_at);

-- For operators only: no customer reads here.
GRANT SELECT, INSERT, DELETE ON provider_answers TO waht_worker;
-- Statistics would keep samples where the deletion of a row does not reach.
ALTER TABLE provider_answers ALTER COLUMN answer SET STATISTICS 0, ALTER COLUMN lookup_hash SET STATISTICS 0;
