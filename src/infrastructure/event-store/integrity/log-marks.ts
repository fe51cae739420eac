import type { LogPosition } from '../../../application/ports/event-store';
import type { Sql } from '../../postgres/database';

/** An event of the log that was there: where, and its id. */
export interface LogMark {
  readonly position: LogPosition;
  readonly eventId: string;
}

interface MarkRow {
  readonly commit_position: string;
  readonly prepare_position: string;
  readonly event_id: string;
}

/** What Postgres knows of the log: how far the read models have come, and one event that was there. */
export class LogMarks {
  constructor(private readonly sql: Sql) {}

  /** Of the projection that has come furthest; null where nothing has been projected. */
  async furthestCheckpoint(): Promise<LogPosition | null> {
    const { rows } = await this.sql.query<Omit<MarkRow, 'event_id'>>({
      name: 'log-furthest-checkpoint',
      // By the columns' full names: a bare one would mean the texts that are selected.
      text: `SELECT at.commit_position::text, at.prepare_position::text FROM projection_checkpoints AS at
              WHERE at.commit_position IS NOT NULL
              ORDER BY at.commit_position DESC, at.prepare_position DESC LIMIT 1`,
    });
    return positionOf(rows[0]);
  }

  async load(): Promise<LogMark | null> {
    const { rows } = await this.sql.query<MarkRow>({
      name: 'log-mark-load',
      text: 'SELECT commit_position::text, prepare_position::text, event_id::text FROM log_mark',
    });
    const [row] = rows;
    const position = positionOf(row);
    return row === undefined || position === null ? null : { position, eventId: row.event_id };
  }

  /** What has not been made anew yet from a log that was accepted as it is, by name. */
  async owed(): Promise<string[]> {
    const { rows } = await this.sql.query<{ projection: string }>({
      name: 'log-rebuilds-owed',
      text: 'SELECT projection FROM rebuilds_owed ORDER BY projection',
    });
    return rows.map(({ projection }) => projection);
  }

  /** In the place of `before`; who finds another there now leaves it. */
  async save(mark: LogMark, before: LogMark | null): Promise<void> {
    await this.sql.query({
      name: 'log-mark-save',
      text: `INSERT INTO log_mark AS kept (commit_position, prepare_position, event_id) VALUES ($1, $2, $3)
             ON CONFLICT (one) DO UPDATE
               SET commit_position = EXCLUDED.commit_position, prepare_position = EXCLUDED.prepare_position,
                   event_id = EXCLUDED.event_id, seen_at = now()
             WHERE kept.event_id = $4::uuid`,
      values: [
        mark.position.commit.toString(),
        mark.position.prepare.toString(),
        mark.eventId,
        before?.eventId ?? null,
      ],
    });
  }
}

const positionOf = (row: Omit<MarkRow, 'event_id'> | undefined): LogPosition | null =>
  row === undefined ? null : { commit: BigInt(row.commit_position), prepare: BigInt(row.prepare_position) };
