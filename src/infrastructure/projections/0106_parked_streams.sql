-- Streams that a projection cannot go on with: an event of theirs could not be decoded or applied. It and all that follow
-- in the stream are held back for this projection until they are let go; the other streams flow on.
CREATE TABLE parked_streams (
  projection text NOT NULL,
  version integer NOT NULL,
  stream text NOT NULL,
  -- The event that is to blame, and the first one held back.
  revision bigint NOT NULL,
  type text NOT NULL,
  problem text NOT NULL CHECK (problem IN ('corrupt', 'newer_version', 'apply_failed')),
  -- Holds no payload.
  error text NOT NULL,
  -- Events held back so far, the first one included.
  held bigint NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (projection, version, stream)
);

-- Who let a parked stream go, and how: `skip` passes over the event at `revision` for good, in every rebuild of this
-- version too. Kept for ever; a replay of the log does not bring it back.
CREATE TABLE projection_interventions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL CHECK (action IN ('retry', 'skip')),
  note text,
  projection text NOT NULL,
  version integer NOT NULL,
  stream text NOT NULL,
  revision bigint NOT NULL,
  -- Events applied by it, and where the stream is parked now; null: it flows.
  applied bigint NOT NULL,
  parked_at bigint,
  CHECK (action <> 'skip' OR length(note) > 0)
);

CREATE FUNCTION projection_interventions_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'projection_interventions is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER projection_interventions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON projection_interventions
  FOR EACH STATEMENT EXECUTE FUNCTION projection_interventions_are_kept();

GRANT SELECT, INSERT, UPDATE, DELETE ON parked_streams TO waht_projector;
GRANT SELECT, INSERT ON projection_interventions TO waht_projector;
GRANT SELECT ON parked_streams, projection_interventions TO waht_worker;
