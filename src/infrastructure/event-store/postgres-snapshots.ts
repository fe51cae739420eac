import type { Snapshot, Snapshots } from '../../application/ports/snapshots';
import type { JsonObject } from '../../domain/shared/json';
import type { Database } from '../postgres/database';

/** One row a stream: the newest revision in the newest version of the state's shape. */
export class PostgresSnapshots implements Snapshots {
  constructor(private readonly database: Database) {}

  async load(stream: string, schema: number): Promise<Snapshot | null> {
    const result = await this.database.query<{ revision: string; event_id: string; state: JsonObject }>({
      name: 'snapshots-load',
      text: `SELECT revision::text, event_id::text, state FROM snapshots
              WHERE stream = $1 AND schema_version = $2`,
      values: [stream, schema],
    });
    const [row] = result.rows;
    return row === undefined ? null : { revision: BigInt(row.revision), eventId: row.event_id, state: row.state };
  }

  async save(stream: string, schema: number, { revision, eventId, state }: Snapshot): Promise<void> {
    await this.database.query({
      name: 'snapshots-save',
      // Of two processes in different versions the older may not put its shape over the newer one's.
      text: `INSERT INTO snapshots AS kept (stream, schema_version, revision, event_id, state) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (stream) DO UPDATE
               SET schema_version = EXCLUDED.schema_version, revision = EXCLUDED.revision,
                   event_id = EXCLUDED.event_id, state = EXCLUDED.state, saved_at = now()
             WHERE (kept.schema_version, kept.revision) < (EXCLUDED.schema_version, EXCLUDED.revision)`,
      values: [stream, schema, revision.toString(), eventId, JSON.stringify(state)],
    });
  }

  async discard(stream: string, eventId: string): Promise<void> {
    await this.database.query({
      text: 'DELETE FROM snapshots WHERE stream = $1 AND event_id = $2',
      values: [stream, eventId],
    });
  }

  async newest(streamPrefix: string, limit: number): Promise<string[]> {
    const { rows } = await this.database.query<{ stream: string }>({
      text: 'SELECT stream FROM snapshots WHERE starts_with(stream, $1) ORDER BY saved_at DESC LIMIT $2',
      values: [streamPrefix, limit],
    });
    return rows.map(({ stream }) => stream);
  }
}
