import { StreamDeleted } from '../../application/ports/event-store';
import type { Logger } from '../../application/ports/logger';
import type { EventProjection } from '../../application/ports/projection';
import type { StreamItems } from '../../application/ports/subscriptions';
import { letGo, NotParked } from './parked-streams';
import type { RunnerDatabase } from './projection-runner';

/** Stands in `projection_interventions` as who let them go. */
const ACTOR = 'waht';

export interface UnderstoodParts {
  readonly database: RunnerDatabase;
  readonly store: StreamItems;
  readonly logger: Logger;
}

/**
 * Lets go the streams that an older program has parked for nothing but the version of an event, where this one reads it. What
 * is corrupt, or could not be applied, waits for somebody to look at it.
 * @throws StoreUnavailable; what Postgres throws where no event is to blame
 */
export async function letGoUnderstood(parts: UnderstoodParts, projection: EventProjection): Promise<void> {
  const { database, store, logger } = parts;
  const { rows } = await database.query<{ stream: string; revision: string }>({
    text: `SELECT stream, revision FROM parked_streams
            WHERE projection = $1 AND version = $2 AND problem = 'newer_version' ORDER BY since, stream`,
    values: [projection.name, projection.version],
  });
  for (const { stream, revision } of rows) {
    try {
      const [item] = await store.readItems(stream, BigInt(revision), 1);
      if (item?.kind !== 'event' || item.event.revision !== BigInt(revision)) continue;
      const note = 'this version of the program reads the event that was to blame';
      const { applied, parkedAt } = await letGo(parts, projection, { action: 'retry', stream, note, actor: ACTOR });
      const fields = { projection: projection.name, stream, applied, parkedAt: parkedAt?.toString() ?? null };
      logger.info(fields, 'a stream parked by an older version was let go');
    } catch (error) {
      // Somebody else has let it go meanwhile; or nothing of it is left to be read.
      if (error instanceof NotParked) continue;
      if (!(error instanceof StreamDeleted)) throw error;
      logger.warn({ err: error, projection: projection.name, stream }, 'a parked stream was deleted: it stays parked');
    }
  }
}
