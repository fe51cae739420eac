import type {
  AllStreamSubscription,
  PersistentSubscriptionToAll,
  PersistentSubscriptionToStream,
  ResolvedEvent,
  StreamSubscription,
} from '@eventstore/db-client';

type Subscription = StreamSubscription | AllStreamSubscription;

/** How long what has to come is waited for, in ms; a real server may be busy with other things. */
export const PATIENCE_MS = 30_000;

/** Resolves when a subscription says so: `confirmation` when it is accepted, `caughtUp` when what is stored was sent. */
export const heard = (subscription: Subscription, what: 'confirmation' | 'caughtUp'): Promise<unknown> =>
  new Promise((resolve) => subscription.once(what, resolve));

/** The first `count` events of a subscription; rejects if they do not come in time. */
export async function first<T>(
  subscription: Subscription,
  count: number,
  pick: (event: ResolvedEvent) => T,
): Promise<T[]> {
  const found: T[] = [];
  const timeout = setTimeout(() => void subscription.unsubscribe(), PATIENCE_MS);
  for await (const resolved of subscription) {
    found.push(pick(resolved));
    if (found.length >= count) break;
  }
  clearTimeout(timeout);
  await subscription.unsubscribe();
  if (found.length < count) throw new Error(`Only ${found.length} of ${count} events came.`);
  return found;
}

/** What a consumer of a group got: revision and number of the try. */
export type Received = readonly [revision: number, retryCount: number];

export type Message = ResolvedEvent & { readonly retryCount: number };

/**
 * Takes messages of a persistent subscription until `count` came or `ms` are over, each handed to `handle`. What was
 * answered is given time to arrive before the consumer leaves.
 */
export function consume(
  subscription: PersistentSubscriptionToStream | PersistentSubscriptionToAll,
  count: number,
  handle: (message: Message) => void,
  ms = PATIENCE_MS,
): Promise<Received[]> {
  const received: Received[] = [];
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timeout);
      setTimeout(() => void subscription.unsubscribe().then(() => resolve(received)), 200);
    };
    const timeout = setTimeout(leave, ms);
    subscription.on('data', (message: Message) => {
      if (received.length >= count) return;
      received.push([Number(message.event?.revision ?? -1), message.retryCount]);
      handle(message);
      if (received.length === count) leave();
    });
    subscription.on('error', reject);
  });
}
