import type { CatchUpSubscription, FeedItem, Subscriptions } from '../../application/ports/subscriptions';
import type { LogPosition } from '../../application/ports/event-store';

export const LOG_BATCH = 2_000;
const LINGER_MS = 20;

export class LogUnreadable extends Error {
  constructor(detail: string) {
    super(`the event log cannot be read: ${detail}`);
    this.name = 'LogUnreadable';
  }
}

type Step = { readonly items: readonly FeedItem[]; readonly taken: () => void } | { readonly end: Error | null };

export interface ReadLogOptions {
  /** For metrics and logs. */
  readonly name: string;
  /** Streams wanted; empty: all. */
  readonly streamPrefixes: readonly string[];
  /** A log that says nothing for so long is given up, milliseconds. */
  readonly silenceMs: number;
}

const ALL_OF_IT: ReadLogOptions = { name: 'audit-reader', streamPrefixes: [], silenceMs: 30_000 };

/**
 * The log from `from` on, in order and in batches, up to where it ended when its end was reached.
 * @throws LogUnreadable
 */
export async function* readLog(
  subscriptions: Subscriptions,
  from: LogPosition | null,
  options: Partial<ReadLogOptions> = {},
): AsyncGenerator<readonly FeedItem[]> {
  const { name, streamPrefixes, silenceMs } = { ...ALL_OF_IT, ...options };
  const steps: Step[] = [];
  let wake: () => void = () => undefined;
  const give = (step: Step): void => {
    steps.push(step);
    wake();
  };
  const subscription: CatchUpSubscription = subscriptions.catchUp({
    name,
    from,
    streamPrefixes,
    batchSize: LOG_BATCH,
    lingerMs: LINGER_MS,
    onBatch: (items) => new Promise((taken) => give({ items, taken })),
    onCaughtUp: () => give({ end: null }),
    onStopped: (error) => give({ end: error }),
  });
  let unfinished: (() => void) | null = null;
  try {
    for (;;) {
      let step = steps.shift();
      if (step === undefined) {
        await withinSilence(new Promise<void>((resolve) => (wake = resolve)), silenceMs);
        step = steps.shift();
      }
      if (step === undefined) continue;
      if ('end' in step) {
        if (step.end !== null) throw new LogUnreadable(step.end.message);
        return;
      }
      unfinished = step.taken;
      yield step.items;
      unfinished = null;
      step.taken();
    }
  } finally {
    // Whoever stops in the middle must not keep the subscription waiting for its batch.
    unfinished?.();
    for (const step of steps) if ('taken' in step) step.taken();
    await subscription.stop();
  }
}

async function withinSilence(news: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new LogUnreadable(`nothing was heard for ${ms / 1_000} s`)), ms);
  });
  try {
    await Promise.race([news, silence]);
  } finally {
    clearTimeout(timer);
  }
}
