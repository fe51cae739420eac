import type { RecordedEvent } from '../../../src/application/ports/event-store';
import type { CatchUpOptions, FeedItem, Subscriptions } from '../../../src/application/ports/subscriptions';

/** A feed whose batches come when the test says so. */
export class HandFeed implements Subscriptions {
  options: CatchUpOptions | null = null;
  private fed = 0n;

  catchUp(options: CatchUpOptions) {
    this.options = options;
    return { position: null, lagMs: () => 0, isLive: () => true, stop: () => Promise.resolve() };
  }

  worker = () => Promise.reject(new Error('a mirror has no worker'));
  ensureGroups = () => Promise.reject(new Error('a mirror has no groups'));

  async feed(...events: { type: string; data: object }[]): Promise<void> {
    const items: FeedItem[] = events.map((event) => ({
      kind: 'event',
      event: this.recorded(event),
      raw: { data: new Uint8Array(), metadata: new Uint8Array() },
    }));
    await this.options?.onBatch(items, { commit: this.fed, prepare: this.fed });
  }

  private recorded({ type, data }: { type: string; data: object }): RecordedEvent {
    this.fed += 1n;
    return {
      id: String(this.fed),
      stream: 'x',
      revision: 0n,
      type,
      data,
      metadata: {
        correlationId: '',
        causationId: '',
        customerId: null,
        actor: { kind: 'operator', id: 'o' },
        at: '',
        schema: 1,
      },
      position: { commit: this.fed, prepare: this.fed },
      created: '',
    };
  }
}
