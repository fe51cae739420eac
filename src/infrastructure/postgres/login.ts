import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { ConfigurationError } from '../config/environment';
import type { Sql } from './database';
import { MigrationError } from './migrations';
import { DATABASE_ROLES } from './roles';

const SCRAM_ITERATIONS = 4_096;

/**
 * Makes the login that DATABASE_URL names, with the password it names, where the server has none of that name, and lets
 * it take the program's roles. It inherits nothing: a connection that has taken no role may do nothing.
 * @param owner may create roles.
 */
export async function prepareLogin(owner: Sql, databaseUrl: string): Promise<void> {
  const { username, password } = new URL(databaseUrl);
  // A URL without a login means whoever runs this, which Postgres has told already.
  const { rows } = await owner.query<{ login: string; known: boolean; version: number }>({
    text: `SELECT login, EXISTS (SELECT FROM pg_roles WHERE rolname = login) AS known,
                  current_setting('server_version_num')::integer AS version
             FROM coalesce(nullif($1, ''), session_user) AS login`,
    values: [decodeURIComponent(username)],
  });
  const { login = '', known = false, version = 0 } = rows[0] ?? {};
  if (!known) {
    const verifier = scramVerifier(decodeURIComponent(password));
    await owner.query({
      text: `CREATE ROLE ${escapeIdentifier(login)} LOGIN NOINHERIT PASSWORD ${escapeLiteral(verifier)}`,
    });
  }
  const [privilege, options] = version >= 160_000 ? ['SET', ' WITH INHERIT FALSE, SET TRUE'] : ['MEMBER', ''];
  const { rows: missing } = await owner.query<{ role: string }>({
    text: 'SELECT role FROM unnest($1::text[]) AS role WHERE NOT pg_has_role($2, role, $3)',
    values: [DATABASE_ROLES, login, privilege],
  });
  for (const { role } of missing) await owner.query({ text: `GRANT ${role} TO ${escapeIdentifier(login)}${options}` });
}

/** What Postgres keeps of a password, so that the password itself stands in no statement and no log of the server. */
function scramVerifier(password: string): string {
  // Others are prepared by a table of Unicode's before they are hashed, which a made password has no need of.
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new MigrationError('the password in DATABASE_URL must be of printable ASCII for its login to be made');
  }
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256');
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`;
}

interface Standing {
  readonly name: string;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly bypasses: boolean;
  readonly owns: boolean;
}

/**
 * Row-level security binds nobody who can step round it.
 * @param sql a connection of the application's own login.
 * @throws ConfigurationError where that login, or a role it takes, is a superuser, bypasses security, or owns a table.
 */
export async function refuseMightyLogin(sql: Sql): Promise<void> {
  const { rows } = await sql.query<Standing>({
    text: `SELECT rolname AS name, rolname = session_user AS login, rolsuper AS superuser, rolbypassrls AS bypasses,
                  EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                             AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owns
             FROM pg_roles r WHERE rolname = session_user OR rolname = ANY($1)`,
    values: [DATABASE_ROLES],
  });
  const problems = rows.flatMap((role) => {
    const might = mightOf(role);
    if (might === null) return [];
    const who = role.login
      ? `DATABASE_URL logs in as ${role.name}, which`
      : `DATABASE_URL leads to ${role.name}, which`;
    return [`${who} ${might}: production wants a login that owns nothing (docs/database.md)`];
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
}

function mightOf({ superuser, bypasses, owns }: Standing): string | null {
  if (superuser) return 'is a superuser';
  if (bypasses) return 'bypasses row-level security';
  return owns ? 'owns tables, or may act as their owner' : null;
}
