import type { Clock } from '../../application/ports/clock';
import type { Logger } from '../../application/ports/logger';
import type { Metrics } from '../../application/ports/metrics';
import type { Subscriptions } from '../../application/ports/subscriptions';
import type { Database } from '../postgres/database';

export interface FeedSettings {
  /** Most events a batch. */
  readonly batchSize: number;
  /** How long a live batch waits for more, milliseconds. */
  readonly lingerMs: number;
  /** The same while events come in numbers: every batch costs each projection a transaction. */
  readonly busyLingerMs: number;
  /** Pause of a projection after its first failure in a row, milliseconds; doubles up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export interface FeedParts {
  readonly subscriptions: Subscriptions;
  readonly database: Database;
  readonly metrics: Pick<Metrics, 'projectionLag' | 'projectionBacklog' | 'projectionParked' | 'projectionsLeft'>;
  readonly logger: Logger;
  readonly clock: Clock;
}
