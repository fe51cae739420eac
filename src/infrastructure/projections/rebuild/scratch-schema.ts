import type { EventProjection, ProjectionSql, ProjectionStatement } from '../../../application/ports/projection';
import type { RunnerDatabase } from '../projection-runner';
import { describeTable, readDependants, readShape } from './table-shape';

/** The tables that are served lie here. */
const SERVED = 'public';
/** The runner's own tables: a copy of each in the scratch schema takes what the rebuild writes. */
const RUNNER_TABLES = ['projection_checkpoints', 'parked_streams'];

/** The rebuilt tables are not of the shape of the served ones, or something hangs on these: they must not change places. */
export class ShapeDiffers extends Error {
  constructor(table: string, detail: string) {
    super(`${table} cannot be put in place: ${detail}`);
    this.name = 'ShapeDiffers';
  }
}

/**
 * A schema of its own in which a projection is rebuilt beside the tables that serve. Its tables are copies of these as the
 * catalogue has them, so that whatever a migration has given them (columns, policies, triggers, grants) comes too.
 */
export class ScratchSchema implements RunnerDatabase {
  readonly name: string;
  /** Where the served tables go when they are replaced. */
  readonly retired: string;

  constructor(
    readonly projection: EventProjection,
    purpose: 'rebuild' | 'verify',
    /** As the projector. */
    private readonly database: RunnerDatabase,
  ) {
    this.name = `${purpose}_${projection.name}`;
    this.retired = `retired_${projection.name}`;
  }

  get tables(): readonly string[] {
    return this.projection.tables.map(({ name }) => name);
  }

  /** As the runner sees it: names without a schema are those of the copies, and of the rest as they are. */
  transaction<T>(work: (sql: ProjectionSql) => Promise<T>): Promise<T> {
    return this.database.transaction(async (sql) => {
      await sql.query({ text: `SET LOCAL search_path TO ${this.name}, ${SERVED}` });
      return work(sql);
    });
  }

  query<Row extends object>(statement: ProjectionStatement): Promise<{ readonly rows: Row[] }> {
    return this.transaction((sql) => sql.query<Row>(statement));
  }

  /** Afresh: what an earlier attempt has left goes. Without the indexes that only readers need. */
  async create(sql: ProjectionSql): Promise<void> {
    await this.drop(sql);
    await this.make(sql, this.name);
    for (const table of this.tables) {
      const [served, copy] = [`${SERVED}.${table}`, `${this.name}.${table}`];
      await sql.query({ text: `CREATE TABLE ${copy} (LIKE ${served} INCLUDING ALL EXCLUDING INDEXES)` });
      const { constraints, rest } = await readShape(sql, served, copy);
      for (const text of [...constraints, ...rest]) await sql.query({ text });
    }
    for (const table of RUNNER_TABLES) {
      const [served, copy] = [`${SERVED}.${table}`, `${this.name}.${table}`];
      await sql.query({ text: `CREATE TABLE ${copy} (LIKE ${served} INCLUDING ALL)` });
      for (const text of (await readShape(sql, served, copy)).rest) await sql.query({ text });
    }
  }

  /** Makes the indexes that were left out, and lets Postgres know what is in the tables. */
  async complete(sql: ProjectionSql): Promise<void> {
    await sql.query({ text: 'SET LOCAL statement_timeout = 0' });
    for (const table of this.tables) {
      const { indexes } = await readShape(sql, `${SERVED}.${table}`, `${this.name}.${table}`);
      for (const text of indexes) await sql.query({ text });
      await sql.query({ text: `ANALYZE ${this.name}.${table}` });
    }
  }

  /**
   * Puts the rebuilt tables in the place of the served ones, what they have parked with them, and the checkpoint's version.
   * Within one transaction, that holds the checkpoint.
   * @throws ShapeDiffers
   */
  async putInPlace(sql: ProjectionSql): Promise<void> {
    for (const table of this.tables) await this.assertSameShape(sql, table);
    await this.make(sql, this.retired);
    for (const table of this.tables) {
      await sql.query({ text: `ALTER TABLE ${SERVED}.${table} SET SCHEMA ${this.retired}` });
      await sql.query({ text: `ALTER TABLE ${this.name}.${table} SET SCHEMA ${SERVED}` });
    }
    const { name, version } = this.projection;
    await sql.query({ text: `DELETE FROM ${SERVED}.parked_streams WHERE projection = $1`, values: [name] });
    await sql.query({ text: `INSERT INTO ${SERVED}.parked_streams SELECT * FROM ${this.name}.parked_streams` });
    await sql.query({
      text: `UPDATE ${SERVED}.projection_checkpoints AS served
                SET version = $2, events = rebuilt.events, interventions = served.interventions + 1, updated_at = now()
               FROM ${this.name}.projection_checkpoints AS rebuilt
              WHERE served.name = $1 AND rebuilt.name = $1`,
      values: [name, version],
    });
    await sql.query({ text: `DELETE FROM ${SERVED}.rebuilds_owed WHERE projection = $1`, values: [name] });
  }

  /** And what it has replaced. */
  async drop(sql: ProjectionSql): Promise<void> {
    await sql.query({ text: `DROP SCHEMA IF EXISTS ${this.name} CASCADE` });
    if (this.name.startsWith('rebuild_')) await sql.query({ text: `DROP SCHEMA IF EXISTS ${this.retired} CASCADE` });
  }

  private async make(sql: ProjectionSql, schema: string): Promise<void> {
    await sql.query({ text: `CREATE SCHEMA ${schema}` });
    await sql.query({ text: `GRANT USAGE ON SCHEMA ${schema} TO waht_projector` });
  }

  private async assertSameShape(sql: ProjectionSql, table: string): Promise<void> {
    const served = await describeTable(sql, `${SERVED}.${table}`);
    const rebuilt = await describeTable(sql, `${this.name}.${table}`);
    const missing = served.find((line) => !rebuilt.includes(line));
    if (missing !== undefined) throw new ShapeDiffers(table, `the rebuilt one lacks "${missing}"`);
    const extra = rebuilt.find((line) => !served.includes(line));
    if (extra !== undefined) throw new ShapeDiffers(table, `the served one lacks "${extra}"`);
    const [dependant] = await readDependants(sql, `${SERVED}.${table}`);
    if (dependant !== undefined) throw new ShapeDiffers(table, `${dependant} hangs on the served one`);
  }
}
