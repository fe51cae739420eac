-- Whom the program acts as. None of them logs in, owns anything or bypasses row-level security; the login of DATABASE_URL
-- may take each, and a connection takes one when it is opened (docs/decisions/0007). Roles belong to the whole server:
-- another database of it may have made them, at this very moment too.
--   waht_api        answers customers: reads rows of the one customer that its transaction names
--   waht_projector  writes the read models of all customers
--   waht_worker     vault, timers, inbox, snapshots, and what operators ask for
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['waht_api', 'waht_projector', 'waht_worker'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END IF;
  END LOOP;
END
$$;

-- As every server since 15 has it from the start; one that was upgraded may not.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO waht_api, waht_projector, waht_worker;

-- A process that may not migrate looks whether somebody has.
GRANT SELECT ON schema_migrations TO waht_worker;
