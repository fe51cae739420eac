import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { Clock } from '../../../application/ports/clock';
import type { LogPosition } from '../../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../../application/ports/projection';
import type { FeedItem, Subscriptions } from '../../../application/ports/subscriptions';
import type { Database } from '../../postgres/database';
import { adoptVersion, holdCheckpoint, isBefore, readPosition } from '../checkpoints';
import { ProjectionRunner } from '../projection-runner';
import { checksum, type TableChecksum } from './checksum';
import { ScratchSchema } from './scratch-schema';

/** `rebuild` replaces the rows that serve; `verify` only compares. */
export type Purpose = 'rebuild' | 'verify';

export interface RebuildParts {
  readonly subscriptions: Subscriptions;
  /** As the projector: what writes the rows and compares them. */
  readonly database: Database;
  /** As the owner of the tables: what makes and replaces them. */
  readonly owner: Database;
  readonly clock: Clock;
}

export interface RebuildProgress {
  /** Handled so far, of the log. */
  readonly events: number;
  /** 0 to 1: how far in the log, of where the projection that serves stands. */
  readonly share: number;
}

export interface RebuiltTable {
  readonly table: string;
  /** What served, at the same position of the log. */
  readonly served: TableChecksum;
  readonly rebuilt: TableChecksum;
}

export interface RebuildReport {
  readonly projection: string;
  readonly version: number;
  /** Where in `$all` both stood when they were compared; null: nothing was projected yet, so nothing was done. */
  readonly position: LogPosition | null;
  /** Of the log, up to there. */
  readonly events: number;
  readonly parkedStreams: number;
  readonly seconds: number;
  readonly tables: readonly RebuiltTable[];
}

/** Another process, or another command, rebuilds the same projection just now. */
export class RebuildUnderWay extends Error {
  constructor(projection: string, purpose: Purpose) {
    super(`another ${purpose} of ${projection} is under way`);
    this.name = 'RebuildUnderWay';
  }
}

/** First half of the advisory lock's key. */
const LOCK_CLASS = 1_463_898_706;
/** How long the replacement waits for whoever reads the tables; then it lets the runner go on and tries again. */
const LOCK_TIMEOUT_MS = 3_000;
const LOCK_NOT_AVAILABLE = '55P03';
const LOOK_AGAIN_MS = 50;

/**
 * One projection built anew beside the rows that serve, from the first event on. It never goes beyond where the serving one
 * stands, so that both come to stand at the same position; there, while the checkpoint is held, it takes the place.
 */
export class Rebuild {
  private readonly startedAtMs: number;
  private events = 0;
  private serving: LogPosition | null = null;
  /** Handed out by the feed, and beyond the serving projection. */
  private pending: readonly FeedItem[] = [];
  private isComplete = false;
  private report: RebuildReport | null = null;

  private constructor(
    private readonly projection: EventProjection,
    private readonly purpose: Purpose,
    private readonly schema: ScratchSchema,
    private readonly runner: ProjectionRunner,
    private readonly parts: RebuildParts,
    /** Holds the lock that keeps a second rebuild away. */
    private readonly client: PoolClient,
  ) {
    this.startedAtMs = parts.clock.monotonicMs();
  }

  /** Makes the empty tables. @throws RebuildUnderWay */
  static async begin(projection: EventProjection, purpose: Purpose, parts: RebuildParts): Promise<Rebuild> {
    const client = await parts.owner.connect();
    try {
      const { rows } = await client.query<{ free: boolean }>({
        text: 'SELECT pg_try_advisory_lock($1, hashtext($2)) AS free',
        values: [LOCK_CLASS, `${purpose}:${projection.name}`],
      });
      if (rows[0]?.free !== true) throw new RebuildUnderWay(projection.name, purpose);
      const schema = new ScratchSchema(projection, purpose, parts.database);
      await parts.owner.transaction((sql) => schema.create(sql));
      const runner = await ProjectionRunner.load(projection, schema, () => parts.clock.monotonicMs());
      const rebuild = new Rebuild(projection, purpose, schema, runner, parts, client);
      rebuild.serving = await readPosition(parts.database, projection.name);
      if (rebuild.serving === null) await rebuild.nothingToDo();
      return rebuild;
    } catch (error) {
      // The lock belongs to the session.
      client.release(true);
      throw error;
    }
  }

  /** Null until it is over. */
  get result(): RebuildReport | null {
    return this.report;
  }

  get progress(): RebuildProgress {
    const at = this.runner.handledUpTo;
    const share = at === null || this.serving === null ? 0 : Number(at.commit) / Number(this.serving.commit);
    return { events: this.events, share: this.report !== null ? 1 : Math.min(0.999, share) };
  }

  /** Handles a batch as far as the serving projection has come, and waits for it; or finishes before the batch's end. */
  async handle(items: readonly FeedItem[], signal: AbortSignal): Promise<void> {
    this.pending = items;
    while (this.report === null && !signal.aborted) {
      await this.advance();
      if (this.pending.length === 0) return;
      if (!(await this.finish())) await delay(LOOK_AGAIN_MS);
    }
  }

  /** The end of the log is reached: if that is where the serving projection stands, it is time. */
  async finishAtEnd(): Promise<void> {
    if (this.report !== null) return;
    this.serving = await readPosition(this.parts.database, this.projection.name);
    if (!isBefore(this.runner.handledUpTo, this.serving)) await this.finish();
  }

  /** Takes away what is left of it, and frees the lock. */
  async close(): Promise<void> {
    let broken = true;
    try {
      await this.parts.owner.transaction((sql) => this.schema.drop(sql));
      await this.client.query('SELECT pg_advisory_unlock_all()');
      broken = false;
    } finally {
      // Where it could not be unlocked the lock ends with the session.
      this.client.release(broken);
    }
  }

  /** Handles what is pending, up to where the serving projection stands. */
  private async advance(): Promise<void> {
    const last = this.pending.at(-1);
    if (last === undefined) return;
    if (isBefore(this.serving, last.event.position)) {
      this.serving = await readPosition(this.parts.database, this.projection.name);
    }
    const beyond = this.pending.findIndex(({ event }) => isBefore(this.serving, event.position));
    const reachable = beyond < 0 ? this.pending : this.pending.slice(0, beyond);
    const end = reachable.at(-1);
    if (end === undefined) return;
    await this.runner.handle(reachable, end.event.position);
    this.events += reachable.length;
    this.pending = this.pending.slice(reachable.length);
  }

  /** @returns whether it is done; if not, the serving projection has moved on, or somebody would not let go of its tables. */
  private async finish(): Promise<boolean> {
    if (!this.isComplete) {
      await this.parts.owner.transaction((sql) => this.schema.complete(sql));
      this.isComplete = true;
      return false;
    }
    const reader = await this.parts.database.connect();
    let broken = true;
    try {
      await this.client.query('BEGIN');
      await this.client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const sql: ProjectionSql = { query: (statement) => this.client.query(statement) };
      this.serving = await holdCheckpoint(sql, this.projection.name);
      await this.advance();
      if (isBefore(this.runner.handledUpTo, this.serving) && this.pending.length === 0) {
        await this.client.query('ROLLBACK');
        return (broken = false);
      }
      // What this transaction sees is what both sides are at this position, whatever is written afterwards.
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await reader.query('SELECT 1');
      if (this.purpose === 'rebuild') await this.schema.putInPlace(sql);
      await this.client.query('COMMIT');
      await this.compare({ query: (statement) => reader.query(statement) });
      await reader.query('COMMIT');
      broken = false;
      return true;
    } catch (error) {
      await this.client.query('ROLLBACK');
      if (codeOf(error) === LOCK_NOT_AVAILABLE) return false;
      throw error;
    } finally {
      reader.release(broken);
    }
  }

  private async compare(sql: ProjectionSql): Promise<void> {
    const [served, rebuilt] =
      this.purpose === 'rebuild' ? [this.schema.retired, 'public'] : ['public', this.schema.name];
    const tables: RebuiltTable[] = [];
    for (const table of this.projection.tables) {
      tables.push({
        table: table.name,
        served: await checksum(sql, served, table),
        rebuilt: await checksum(sql, rebuilt, table),
      });
    }
    this.conclude(tables);
  }

  /** Nothing was ever projected: the version takes over as it is. */
  private async nothingToDo(): Promise<void> {
    const { name, version } = this.projection;
    if (this.purpose === 'rebuild') await adoptVersion(this.parts.database, { name, version });
    this.conclude([]);
  }

  private conclude(tables: readonly RebuiltTable[]): void {
    this.report = {
      projection: this.projection.name,
      version: this.projection.version,
      position: this.serving,
      events: this.events,
      parkedStreams: this.runner.parkedStreams.length,
      seconds: (this.parts.clock.monotonicMs() - this.startedAtMs) / 1_000,
      tables,
    };
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
