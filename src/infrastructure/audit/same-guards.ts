import type { Sql } from '../postgres/database';

/**
 * Gives a table the triggers, the row-level security and the grants of another one: what `LIKE … INCLUDING ALL` leaves out, and
 * without which it must not take the other's place. Names are our own, never a caller's.
 */
export async function giveSameGuards(sql: Sql, from: string, to: string): Promise<void> {
  await sql.query({
    text: `DO $do$
    DECLARE
      source regclass := '${from}'::regclass;
      target regclass := '${to}'::regclass;
      class pg_class;
      definition text;
      policy pg_policies;
      granted record;
    BEGIN
      FOR definition IN SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = source AND NOT tgisinternal LOOP
        EXECUTE regexp_replace(definition, ' ON \\S+ ', format(' ON %s ', target));
      END LOOP;
      SELECT * INTO class FROM pg_class WHERE oid = source;
      IF class.relrowsecurity THEN EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target); END IF;
      IF class.relforcerowsecurity THEN EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target); END IF;
      FOR policy IN SELECT * FROM pg_policies
          WHERE tablename = class.relname AND schemaname = class.relnamespace::regnamespace::text LOOP
        EXECUTE format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', policy.policyname, target, policy.permissive,
                       policy.cmd, (SELECT string_agg(CASE r WHEN 'public' THEN 'public' ELSE quote_ident(r) END, ', ')
                                      FROM unnest(policy.roles) AS r))
          || CASE WHEN policy.qual IS NULL THEN '' ELSE format(' USING (%s)', policy.qual) END
          || CASE WHEN policy.with_check IS NULL THEN '' ELSE format(' WITH CHECK (%s)', policy.with_check) END;
      END LOOP;
      FOR granted IN SELECT a.privilege_type, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS grantee
            FROM aclexplode(class.relacl) AS a LEFT JOIN pg_roles r ON r.oid = a.grantee
           WHERE a.grantee <> class.relowner LOOP
        EXECUTE format('GRANT %s ON %s TO %s', granted.privilege_type, target, granted.grantee);
      END LOOP;
    END
    $do$`,
  });
}
