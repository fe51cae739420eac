import type { ProjectionSql } from '../../../application/ports/projection';

/** Statements that make a copy of a table: everything of its shape that the catalogue knows and LIKE does not copy. */
export interface TableShape {
  /** Primary key, unique and exclusion constraints: what statements of a projection rest on. */
  readonly constraints: readonly string[];
  /** Other indexes: made when the rows are in, which is faster than with each row. */
  readonly indexes: readonly string[];
  /** Storage parameters, row-level security, policies, triggers, grants, owner; the owner last. */
  readonly rest: readonly string[];
}

const COLUMNS = `
  SELECT format('%s %s %s %s %s %s', a.attnum, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attnotnull THEN 'NOT NULL' END, pg_get_expr(d.adbin, d.adrelid), a.attidentity::text || a.attgenerated::text) AS line
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname`;

const CHECKS = `
  SELECT format('CHECK %s %s', quote_ident(conname), pg_get_constraintdef(oid)) AS line
    FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('c', 'f') ORDER BY conname`;

const CONSTRAINTS = `
  SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', $2::text, conname, pg_get_constraintdef(oid)) AS line
    FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'u', 'x') ORDER BY contype, conname`;

const INDEXES = `
  SELECT regexp_replace(pg_get_indexdef(i.indexrelid), ' ON (ONLY )?[^ ]+ USING ', format(' ON %s USING ', $2::text)) AS line
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
   WHERE i.indrelid = $1::regclass
     AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND conrelid = i.indrelid)
   ORDER BY c.relname`;

const REST = `
  WITH t AS (SELECT * FROM pg_class WHERE oid = $1::regclass)
  SELECT line FROM (
    SELECT 1 AS place, format('ALTER TABLE %s SET (%s)', $2::text, array_to_string(reloptions, ', ')) AS line
      FROM t WHERE reloptions IS NOT NULL
    UNION ALL
    SELECT 2, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', $2::text) FROM t WHERE relrowsecurity
    UNION ALL
    SELECT 3, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', $2::text) FROM t WHERE relforcerowsecurity
    UNION ALL
    SELECT 4, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', polname, $2::text,
             CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
             CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
             (SELECT string_agg(CASE WHEN role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY role)
                FROM unnest(polroles) AS role),
             ' USING (' || pg_get_expr(polqual, polrelid) || ')', ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')')
      FROM pg_policy WHERE polrelid = $1::regclass
    UNION ALL
    SELECT 5, regexp_replace(pg_get_triggerdef(tg.oid), ' ON [^ ]+ ', format(' ON %s ', $2::text))
      FROM pg_trigger tg WHERE tgrelid = $1::regclass AND NOT tgisinternal
    UNION ALL
    SELECT 6, format('ALTER TABLE %s %s TRIGGER %I', $2::text,
             CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, tgname)
      FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal AND tgenabled <> 'O'
    UNION ALL
    SELECT 7, format('GRANT %s ON %s TO %s%s', privilege_type, $2::text,
             CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
             CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
      FROM t, aclexplode(t.relacl) WHERE grantee <> t.relowner
    UNION ALL
    SELECT 8, format('GRANT %s (%I) ON %s TO %s%s', acl.privilege_type, a.attname, $2::text,
             CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END,
             CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' END)
      FROM pg_attribute a, aclexplode(a.attacl) AS acl WHERE a.attrelid = $1::regclass AND NOT a.attisdropped
    UNION ALL
    SELECT 9, format('ALTER TABLE %s OWNER TO %I', $2::text, pg_get_userbyid(relowner)) FROM t
  ) AS lines ORDER BY place, line`;

async function lines(sql: ProjectionSql, text: string, values: unknown[]): Promise<string[]> {
  const { rows } = await sql.query<{ line: string | null }>({ text, values });
  return rows.flatMap(({ line }) => (line === null ? [] : [line]));
}

/** @param from qualified name of a table; @param to the name that the statements shall have for it. */
export async function readShape(sql: ProjectionSql, from: string, to: string): Promise<TableShape> {
  return {
    constraints: await lines(sql, CONSTRAINTS, [from, to]),
    indexes: await lines(sql, INDEXES, [from, to]),
    rest: await lines(sql, REST, [from, to]),
  };
}

/** All that two tables of one shape have in common, a line each; the table's own name is left out. */
export async function describeTable(sql: ProjectionSql, table: string): Promise<string[]> {
  const { constraints, indexes, rest } = await readShape(sql, table, 'it');
  const columns = await lines(sql, COLUMNS, [table]);
  return [...columns, ...(await lines(sql, CHECKS, [table])), ...constraints, ...indexes, ...rest];
}

const DEPENDANTS = `
  SELECT DISTINCT pg_describe_object(classid, objid, objsubid) AS line
    FROM (SELECT d.classid, d.objid, d.objsubid FROM pg_depend d
            JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> $1::regclass
           WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::regclass
          UNION ALL
          SELECT 'pg_constraint'::regclass, oid, 0 FROM pg_constraint
           WHERE confrelid = $1::regclass AND conrelid <> $1::regclass) AS found`;

/** Views and foreign keys that would go on pointing at the old table when another takes its name. */
export const readDependants = (sql: ProjectionSql, table: string): Promise<string[]> => lines(sql, DEPENDANTS, [table]);
