import type { Sql } from '../../src/infrastructure/postgres/database';
import { DATABASE_ROLES } from '../../src/infrastructure/postgres/roles';

/** One thing by which rows of one customer could come to another, and why. */
export type Leak = string;

/** What a policy for customers' own reads must say, as Postgres prints it. */
const TENANT_CLAUSE = `(customer_id = NULLIF(current_setting('app.customer'::text, true), ''::text))`;

/** Everything but what belongs to Postgres itself. */
const OURS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

const RULES: readonly { readonly why: string; readonly sql: string }[] = [
  {
    why: 'a table with a customer_id without row-level security',
    sql: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'customer_id' AND NOT a.attisdropped
          WHERE ${OURS} AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity`,
  },
  {
    why: 'a table with a customer_id without FORCE: its owner sees all rows',
    sql: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'customer_id' AND NOT a.attisdropped
          WHERE ${OURS} AND c.relkind IN ('r', 'p') AND NOT c.relforcerowsecurity`,
  },
  {
    why: 'a table with a customer_id without a policy: nobody may use it, or everybody will be let round it',
    sql: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'customer_id' AND NOT a.attisdropped
          WHERE ${OURS} AND c.relkind IN ('r', 'p')
            AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)`,
  },
  {
    why: 'a policy for everybody, or one by which waht_api sees more than its customer',
    sql: `SELECT p.polname || ' ON ' || p.polrelid::regclass AS name
          FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE ${OURS} AND (0 = ANY(p.polroles)
             OR ('waht_api'::regrole = ANY(p.polroles) AND p.polpermissive
                 AND (pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM $1
                      OR coalesce(pg_get_expr(p.polwithcheck, p.polrelid), $1) <> $1)))`,
  },
  {
    why: 'a table that waht_api may use without row-level security on a customer_id of its own',
    sql: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE ${OURS} AND c.relkind IN ('r', 'p', 'f', 'S') AND ${mayTouch('waht_api')}
            AND NOT (c.relrowsecurity AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                     AND a.attname = 'customer_id' AND NOT a.attisdropped))`,
  },
  {
    why: 'a view that reads as its owner instead of as its caller',
    sql: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE ${OURS} AND c.relkind = 'v'
            AND NOT coalesce(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)`,
  },
  {
    why: 'a materialized view: row-level security does not reach it',
    sql: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE ${OURS} AND c.relkind = 'm'`,
  },
  {
    why: 'a function that runs as its owner',
    sql: `SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE ${OURS} AND p.prosecdef`,
  },
  {
    why: 'a rule: it runs with the rights of the table that it is on',
    sql: `SELECT r.rulename || ' ON ' || r.ev_class::regclass AS name
          FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE ${OURS} AND r.rulename <> '_RETURN'`,
  },
  {
    why: 'a function marked leakproof: it may be run on rows that are hidden',
    sql: `SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE ${OURS} AND p.proleakproof`,
  },
  {
    why: 'a unique index that does not start with customer_id, on a table that waht_api may write: a refusal tells that an id exists',
    sql: `SELECT i.indexrelid::regclass::text AS name FROM pg_index i
          JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'customer_id' AND NOT a.attisdropped
          WHERE ${OURS} AND (i.indisunique OR i.indisexclusion) AND i.indkey[0] <> a.attnum
            AND (has_any_column_privilege('waht_api', c.oid, 'INSERT') OR has_any_column_privilege('waht_api', c.oid, 'UPDATE'))`,
  },
  {
    why: 'a foreign key to a table with a customer_id that leaves it out: the check sees all rows',
    sql: `SELECT k.conname || ' ON ' || k.conrelid::regclass AS name FROM pg_constraint k
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attname = 'customer_id' AND NOT a.attisdropped
          WHERE k.contype = 'f' AND NOT (a.attnum = ANY(k.confkey))`,
  },
  ...DATABASE_ROLES.map((role) => ({
    why: `${role} may TRUNCATE, which row-level security does not reach, or set triggers or references`,
    sql: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE ${OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND has_table_privilege('${role}', c.oid, 'TRUNCATE, TRIGGER, REFERENCES')`,
  })),
  {
    why: 'a role of the program that is mighty, logs in, owns something, or belongs to another',
    sql: `SELECT r.rolname::text AS name FROM pg_roles r
          WHERE r.rolname = ANY($2) AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb
             OR r.rolreplication OR r.rolcanlogin
             OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
             OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
             OR EXISTS (SELECT FROM pg_proc p WHERE p.proowner = r.oid)
             OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspowner = r.oid))`,
  },
  {
    why: 'a schema in which a role of the program may create: what it owns, no policy binds',
    sql: `SELECT n.nspname || ' for ' || r.rolname AS name FROM pg_namespace n, pg_roles r
          WHERE ${OURS} AND r.rolname = ANY($2) AND has_schema_privilege(r.oid, n.oid, 'CREATE')`,
  },
];

function mayTouch(role: string): string {
  return `CASE c.relkind WHEN 'S' THEN has_sequence_privilege('${role}', c.oid, 'USAGE, SELECT, UPDATE')
          ELSE has_table_privilege('${role}', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            OR has_any_column_privilege('${role}', c.oid, 'SELECT, INSERT, UPDATE') END`;
}

/** All leaks of a database, as the catalogue of Postgres tells them. @param sql a superuser's. */
export async function leaks(sql: Sql): Promise<Leak[]> {
  const found: Leak[] = [];
  for (const rule of RULES) {
    const { rows } = await sql.query<{ name: string }>({
      text: `WITH given AS (SELECT $1::text, $2::text[]) SELECT name FROM (${rule.sql}) AS x, given ORDER BY name`,
      values: [TENANT_CLAUSE, DATABASE_ROLES],
    });
    found.push(...rows.map(({ name }) => `${name}: ${rule.why}`));
  }
  return found;
}

/** What each role may do with each table: letters of SELECT, INSERT, UPDATE, DELETE; lower case where of some columns only. */
export async function privileges(sql: Sql): Promise<Record<string, string>> {
  const { rows } = await sql.query<{ name: string; role: string; rights: string }>({
    text: `SELECT c.relname::text AS name, r.role,
                  (SELECT string_agg(CASE WHEN has_table_privilege(r.role, c.oid, p) THEN left(p, 1)
                                          WHEN p = 'DELETE' THEN ''
                                          WHEN has_any_column_privilege(r.role, c.oid, p) THEN lower(left(p, 1))
                                          ELSE '' END, '' ORDER BY o)
                     FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS x(p, o)) AS rights
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN unnest($1::text[]) AS r(role)
            WHERE ${OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1, 2`,
    values: [DATABASE_ROLES],
  });
  const table: Record<string, string> = {};
  for (const { name, role, rights } of rows) {
    if (rights === '') table[name] ??= '';
    else table[name] = [table[name], `${role.slice('waht_'.length)} ${rights}`].filter(Boolean).join(', ');
  }
  return table;
}
