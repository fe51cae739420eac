import type { Logger } from '../../application/ports/logger';
import type { CatchUpSubscription, FeedItem, Subscriptions } from '../../application/ports/subscriptions';
import type { SubjectErased } from '../../domain/privacy/events';
import { streamPrefixes } from '../../domain/shared/streams';
import type { PostgresSubjectVault } from '../crypto/postgres-subject-vault';

/**
 * Every process follows the erasures of the log, from the first: it forgets the keys at once, and deletes them where they
 * are (again), because whoever recorded the erasure died before, or because Postgres was restored from an older copy.
 */
export class ErasureFeed {
  private subscription: CatchUpSubscription | null = null;

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly vault: PostgresSubjectVault,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.subscription = this.subscriptions.catchUp({
      name: 'erasures',
      from: null,
      streamPrefixes: [streamPrefixes.subject],
      batchSize: 500,
      lingerMs: 0,
      onBatch: (items) => this.onBatch(items),
      onStopped: (error) => this.logger.error({ err: error }, 'erasures are not followed any more'),
    });
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
  }

  private async onBatch(items: readonly FeedItem[]): Promise<void> {
    const erased = items.flatMap((item) =>
      item.kind === 'event' && item.event.type === 'SubjectErased'
        ? [(item.event.data as SubjectErased['data']).subjectId]
        : [],
    );
    if (erased.length === 0) return;
    const keys = await this.vault.destroy(erased);
    if (keys > 0) this.logger.info({ keys }, 'keys of erased recipients are destroyed');
  }
}
