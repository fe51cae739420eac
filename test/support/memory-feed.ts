import { setTimeout as delay } from 'node:timers/promises';
import type { LogPosition } from '../../src/application/ports/event-store';
import type {
  CatchUpOptions,
  CatchUpSubscription,
  FeedItem,
  Subscriptions,
  Worker,
} from '../../src/application/ports/subscriptions';

const isAfter = (a: LogPosition, b: LogPosition | null): boolean => b === null || a.commit > b.commit;

/** Feeds of `$all` over a list, as the port promises them: batches one at a time, resumed after the last that returned. */
export class MemoryFeed implements Subscriptions {
  readonly items: FeedItem[] = [];
  /** Where each feed began, in order. */
  readonly begun: (LogPosition | null)[] = [];

  catchUp(options: CatchUpOptions): CatchUpSubscription {
    this.begun.push(options.from);
    let position = options.from;
    let live = false;
    let stopped = false;
    const run = async (): Promise<void> => {
      while (!stopped) {
        const batch = this.items
          .filter(
            ({ event }) =>
              isAfter(event.position, position) &&
              (options.streamPrefixes.length === 0 ||
                options.streamPrefixes.some((one) => event.stream.startsWith(one))),
          )
          .slice(0, options.batchSize);
        const last = batch.at(-1);
        if (last === undefined) {
          if (!live) options.onCaughtUp?.();
          live = true;
          await delay(5);
          continue;
        }
        await options.onBatch(batch, last.event.position);
        position = last.event.position;
      }
    };
    const running = run();
    return {
      get position() {
        return position;
      },
      lagMs: () => 0,
      isLive: () => live,
      stop: async () => {
        stopped = true;
        await running;
      },
    };
  }

  worker(): Promise<Worker> {
    return Promise.reject(new Error('this log has no groups'));
  }

  ensureGroups(): Promise<void> {
    return Promise.reject(new Error('this log has no groups'));
  }
}
