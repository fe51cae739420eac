import type { Configuration } from '../../application/ports/configuration';
import type { EventStore, LogPosition } from '../../application/ports/event-store';
import type { IdSource } from '../../application/ports/id-source';
import type { Logger } from '../../application/ports/logger';
import type { KeptAcceptance, RestoredLog } from '../../application/ports/restored-log';
import type { Subscriptions } from '../../application/ports/subscriptions';
import { lookUpIn } from '../audit/event-log-truth';
import { inSnapshot } from '../audit/verify-audit';
import type { LogMarks } from '../event-store/integrity/log-marks';
import type { LogWatch } from '../event-store/integrity/log-watch';
import { positionText } from '../event-store/subscriptions/positions';
import type { Database, Sql } from '../postgres/database';
import { LEADER_LOCK_CLASS } from '../postgres/leader';
import { asOwner } from '../postgres/open-databases';
import { forgetAll } from '../redis/forget-all';
import { insertAcceptance, insertLost, keptLost, listAcceptances, type AcceptanceReport } from './acceptances';
import { LostEvents } from './lost-events';
import type { LostEvent } from './lost-rows';

/** Under which acceptances are named: a UUID of their own. */
const ACCEPTANCES = '5d1e0b3c-6f0e-4b5a-9a51-0c8a6f3f2e17';

export interface RestoredLogParts {
  readonly watch: LogWatch;
  readonly marks: LogMarks;
  readonly subscriptions: Subscriptions;
  readonly store: EventStore;
  /** As the worker, and as the projector. */
  readonly worker: Database;
  readonly projector: Database;
  readonly configuration: Configuration;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Names of all projections, the audit log's among them. */
  readonly projections: () => readonly string[];
}

/** What is known of the log, and whether that is so. */
export interface LogStatus {
  /** Every process refuses writes, from its next look on. */
  readonly halted: boolean;
  /** Why. */
  readonly found: string | null;
  /** `commit/prepare` of the newest event; null: the log is empty. */
  readonly head: string | null;
  /** How far the read model has come that is furthest; null: nothing was made from it yet. */
  readonly read_models_at: string | null;
  /** An event that was there. */
  readonly mark: { readonly position: string; readonly event_id: string } | null;
  /** Accepted as it is, and these not made anew from it yet. */
  readonly owed: readonly string[];
  readonly acceptances: readonly AcceptanceReport[];
}

/** What Postgres and Redis know of a log that has lost something, and how they come to terms with it. */
export class PostgresRestoredLog implements RestoredLog {
  constructor(private readonly parts: RestoredLogParts) {}

  async look(): Promise<{ found: string; owed: readonly string[] } | null> {
    const found = await this.parts.watch.difference();
    return found === null ? null : { found, owed: await this.parts.marks.owed() };
  }

  async status(): Promise<LogStatus> {
    const { watch, marks, worker } = this.parts;
    const found = await watch.difference();
    const [head, mark, upTo] = [await watch.head(), await marks.load(), await marks.furthestCheckpoint()];
    return {
      halted: found !== null,
      found,
      head: head === null ? null : positionText(head),
      read_models_at: upTo === null ? null : positionText(upTo),
      mark: mark === null ? null : { position: positionText(mark.position), event_id: mark.eventId },
      owed: await marks.owed(),
      acceptances: await listAcceptances(worker),
    };
  }

  async isServed(): Promise<boolean> {
    const { rows } = await this.parts.worker.query<{ held: boolean }>({
      text: `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = $1
                              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS held`,
      values: [LEADER_LOCK_CLASS],
    });
    return rows[0]?.held === true;
  }

  /**
   * Every event that was known and is not in the log, page by page: found now, or as an acceptance has kept them.
   * @param acceptanceId null: the newest, where the log is not halted for want of one
   */
  async forEachLost(
    acceptanceId: string | null,
    work: (page: readonly LostEvent[]) => Promise<void>,
    progress?: (rows: bigint) => void,
  ): Promise<void> {
    const looked = acceptanceId === null ? await this.look() : null;
    if (looked !== null && looked.owed.length === 0) {
      await this.withLost(progress, async (lost) => {
        for await (const page of lost.pages()) await work(page);
      });
      return;
    }
    const id = acceptanceId ?? (await listAcceptances(this.parts.worker))[0]?.id;
    if (id !== undefined) for await (const page of keptLost(this.parts.worker, id)) await work(page);
  }

  async keep({ actor, note, at }: { actor: string; note: string; at: string }): Promise<KeptAcceptance> {
    const found = await this.parts.watch.difference();
    if (found === null) throw new Error('the log has lost nothing');
    return this.withLost(undefined, async (lost) => {
      const id = this.parts.ids.derived(ACCEPTANCES, await this.loss(lost));
      await this.parts.worker.transaction(async (sql) => {
        if (!(await insertAcceptance(sql, { id, at, actor, note, found }))) return;
        let kept = 0;
        for await (const page of lost.pages()) {
          await insertLost(sql, id, kept, page);
          kept += page.length;
        }
      });
      const acceptance = (await listAcceptances(this.parts.worker)).find((one) => one.id === id);
      if (acceptance === undefined) throw new Error('the acceptance was not kept');
      return { acceptanceId: id, found: acceptance.found, lostEvents: acceptance.lost_events };
    });
  }

  async adopt(
    acceptanceId: string,
    { position, eventId }: { position: LogPosition; eventId: string },
  ): Promise<string[]> {
    // Before the checkpoints: until they are set a broken try is seen as one, and begun again.
    await forgetAll(this.parts.configuration.redisUrl);
    const projections = this.parts.projections();
    await asOwner(this.parts.configuration, this.parts.logger, (owner) =>
      owner.transaction((sql) => startFrom(sql, { acceptanceId, position, eventId, projections })),
    );
    return this.parts.marks.owed();
  }

  /** The same for the same loss, whatever is appended behind it: how far the read models had come, and up to where both agree. */
  private async loss({ common }: LostEvents): Promise<string> {
    const [upTo, mark] = [await this.parts.marks.furthestCheckpoint(), await this.parts.marks.load()];
    return [positionText(upTo), mark?.eventId ?? '', common].join(' ');
  }

  private withLost<T>(
    progress: ((rows: bigint) => void) | undefined,
    work: (lost: LostEvents) => Promise<T>,
  ): Promise<T> {
    const { projector, subscriptions, store } = this.parts;
    return inSnapshot(projector, async (sql) =>
      work(await LostEvents.find(sql, { subscriptions, lookUp: lookUpIn(store), progress })),
    );
  }
}

interface Beginning {
  readonly acceptanceId: string;
  readonly position: LogPosition;
  readonly eventId: string;
  readonly projections: readonly string[];
}

async function startFrom(sql: Sql, { acceptanceId, position, eventId, projections }: Beginning): Promise<void> {
  const at = [position.commit.toString(), position.prepare.toString()];
  await sql.query({
    // What has never been made from any log need not be made anew.
    text: `INSERT INTO rebuilds_owed (projection, acceptance)
           SELECT name, $2 FROM projection_checkpoints WHERE name = ANY($1::text[]) AND commit_position IS NOT NULL
           ON CONFLICT (projection) DO UPDATE SET acceptance = EXCLUDED.acceptance`,
    values: [projections, acceptanceId],
  });
  await sql.query({
    text: `UPDATE projection_checkpoints
              SET commit_position = $1, prepare_position = $2, interventions = interventions + 1, updated_at = now()
            WHERE commit_position IS NOT NULL`,
    values: at,
  });
  await sql.query({ text: 'DELETE FROM log_mark' });
  await sql.query({
    text: 'INSERT INTO log_mark (commit_position, prepare_position, event_id) VALUES ($1, $2, $3)',
    values: [...at, eventId],
  });
  await sql.query({ text: 'DELETE FROM snapshots' });
}
