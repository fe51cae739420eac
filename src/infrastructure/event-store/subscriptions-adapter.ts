import type {
  CatchUpOptions,
  CatchUpSubscription,
  Subscriptions,
  Worker,
  WorkerOptions,
} from '../../application/ports/subscriptions';
import { SilenceWatch } from './connection/silence-watch';
import { CatchUpFeed, type FeedParts } from './subscriptions/catch-up-feed';
import { GroupWorker } from './subscriptions/group-worker';
import { ensureGroup } from './subscriptions/groups';

/** What a worker that is still running at the end is given to finish. Milliseconds. */
const CLOSE_DRAIN_MS = 5_000;

/** Subscriptions over a connection of their own, so that a stuck one holds up no append. */
export class SubscriptionsAdapter implements Subscriptions {
  private readonly feeds = new Set<CatchUpFeed>();
  private readonly workers = new Set<GroupWorker>();
  private readonly watch: SilenceWatch;

  constructor(private readonly parts: FeedParts) {
    this.watch = new SilenceWatch(parts.connections);
  }

  catchUp(options: CatchUpOptions): CatchUpSubscription {
    const feed = new CatchUpFeed(options, this.parts);
    this.feeds.add(feed);
    void feed.ended.then(() => this.feeds.delete(feed));
    return feed;
  }

  async worker(options: WorkerOptions): Promise<Worker> {
    await ensureGroup(this.parts.connections, options.group, options.streamPrefixes);
    const worker = new GroupWorker(options, this.parts);
    this.workers.add(worker);
    return worker;
  }

  async ensureGroups(groups: readonly { group: string; streamPrefixes: readonly string[] }[]): Promise<void> {
    for (const { group, streamPrefixes } of groups) await ensureGroup(this.parts.connections, group, streamPrefixes);
  }

  async close(): Promise<void> {
    this.watch.stop();
    await Promise.all([
      ...[...this.feeds].map((feed) => feed.stop()),
      ...[...this.workers].map((worker) => worker.stop(CLOSE_DRAIN_MS)),
    ]);
    this.parts.connections.close();
  }
}
