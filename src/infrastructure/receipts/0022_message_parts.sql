-- Parts of long messages at providers that give each part an id, and a report, of its own. A row goes a week after it came.
CREATE TABLE message_parts (
  provider  text        NOT NULL,
  part_id   text        NOT NULL,
  -- The id of the part that stands for the message.
  whole_id  text        NOT NULL,
  -- Null until its first final report: delivered or failed.
  state     text,
  joined_at timestamptz NOT NULL,
  PRIMARY KEY (provider, part_id)
);

CREATE INDEX message_parts_whole ON message_parts (provider, whole_id);
CREATE INDEX message_parts_age ON message_parts (joined_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON message_parts TO waht_worker;
