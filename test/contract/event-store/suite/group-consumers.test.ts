import {
  type PersistentSubscriptionToStream,
  DISPATCH_TO_SINGLE,
  PINNED,
  ROUND_ROBIN,
  PersistentSubscriptionMaximumSubscribersReachedError,
  jsonEvent,
  streamNameFilter,
} from '@eventstore/db-client';
import { type Message, consume } from '../../../support/event-store/collect';
import { CASE_MS, link, range, unique, useEventStore } from '../../../support/event-store/contract';
import { eventually } from '../../../support/eventually';
import { EAGER, Groups, PINNED_BY_CORRELATION, settings } from '../../../support/event-store/groups';

jest.setTimeout(CASE_MS);

const confirmed = (consumer: { once(name: 'confirmation', listener: () => void): unknown }) =>
  new Promise<void>((resolve) => consumer.once('confirmation', resolve));

describe('consumers of a persistent subscription', () => {
  const store = useEventStore();
  const groups = new Groups(store);
  let stream: string;
  beforeEach(() => {
    stream = unique('shared');
  });
  const join = (group: string, bufferSize = 10) =>
    store.client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize });

  /** Lets consumers acknowledge all they get until it is `total`; gives what each got. */
  async function share(
    consumers: readonly Pick<PersistentSubscriptionToStream, 'on' | 'ack' | 'unsubscribe'>[],
    total: number,
  ) {
    const got = consumers.map((): Message[] => []);
    consumers.forEach((consumer, n) =>
      consumer.on('data', (message: Message) => {
        got[n]?.push(message);
        void consumer.ack(message);
      }),
    );
    await eventually(() => Promise.resolve(got.flat().length >= total), 30_000);
    await Promise.all(consumers.map((consumer) => consumer.unsubscribe()));
    return got;
  }

  it('share what there is, each message going to one of them', async () => {
    const group = await groups.onStream(stream, { consumerStrategyName: ROUND_ROBIN });
    const consumers = [join(group), join(group)];
    await Promise.all(consumers.map(confirmed));
    const sharing = share(consumers, 40);
    for (let n = 0; n < 10; n++) await store.fill(stream, 4);
    const got = await sharing;
    const all = got.flat().map(({ event }) => Number(event?.revision));
    expect(all.sort((a, b) => a - b)).toEqual(range(0, 40));
  });

  it('take turns with round robin', async () => {
    const group = await groups.onStream(stream, { consumerStrategyName: ROUND_ROBIN });
    const consumers = [join(group), join(group)];
    await Promise.all(consumers.map(confirmed));
    const sharing = share(consumers, 20);
    await store.fill(stream, 20);
    expect((await sharing).every((got) => got.length > 0)).toBe(true);
  });

  it('leave everything to one that has room with dispatch-to-single', async () => {
    const group = await groups.onStream(stream, { consumerStrategyName: DISPATCH_TO_SINGLE });
    const consumers = [join(group, 20), join(group, 20)];
    await Promise.all(consumers.map(confirmed));
    const sharing = share(consumers, 8);
    for (let n = 0; n < 8; n++) await store.fill(stream, 1);
    expect((await sharing).map((got) => got.length).sort()).toEqual([0, 8]);
  });

  it('each keep their streams when they are pinned', async () => {
    const run = unique('pinned');
    const startFrom = await store.mark();
    const filter = streamNameFilter({ prefixes: [run] });
    const group = await groups.onAll({ startFrom, consumerStrategyName: PINNED }, filter);
    const consumers = [0, 1].map(() => store.client.subscribeToPersistentSubscriptionToAll(group));
    await Promise.all(consumers.map(confirmed));
    const sharing = share(consumers, 48);
    for (let n = 0; n < 48; n++) await store.fill(`${run}-${n % 12}`, 1);
    expect(sharedKeys(await sharing, ({ event }) => event?.streamId)).toEqual([]);
  });

  it('each keep the streams that links lead to when they are pinned', async () => {
    const run = unique('linked');
    const group = await groups.onStream(stream, { consumerStrategyName: PINNED });
    for (let n = 0; n < 6; n++) await store.fill(`${run}-${n}`, 3);
    const consumers = [join(group), join(group)];
    await Promise.all(consumers.map(confirmed));
    const sharing = share(consumers, 18);
    for (let n = 0; n < 18; n++)
      await store.client.appendToStream(stream, link(`${n % 3}@${run}-${Math.floor(n / 3)}`));
    const targetOf = ({ event }: Message) =>
      Buffer.from(event?.data as Uint8Array)
        .toString()
        .split('@')[1];
    expect(sharedKeys(await sharing, targetOf)).toEqual([]);
  });

  it('each keep their correlations when they are pinned by those', async () => {
    const group = await groups.onStream(stream, { consumerStrategyName: PINNED_BY_CORRELATION });
    const consumers = [join(group), join(group)];
    await Promise.all(consumers.map(confirmed));
    const sharing = share(consumers, 40);
    const correlated = (n: number) =>
      jsonEvent({ type: 'Correlated', data: { n }, metadata: { $correlationId: `c${n % 8}` } });
    for (let n = 0; n < 40; n++) await store.client.appendToStream(stream, correlated(n));
    const correlationOf = ({ event }: Message) => String(Number((event?.data as { n: number }).n) % 8);
    expect(sharedKeys(await sharing, correlationOf)).toEqual([]);
  });

  it('may not be more than the group allows', async () => {
    const group = await groups.onStream(stream, { maxSubscriberCount: 1 });
    const one = join(group);
    await confirmed(one);
    const refused = await new Promise((resolve) => join(group).once('error', resolve));
    expect(refused).toBeInstanceOf(PersistentSubscriptionMaximumSubscribersReachedError);
    await one.unsubscribe();
  });

  it('may come when another has gone', async () => {
    const group = await groups.onStream(stream, { maxSubscriberCount: 1 });
    const one = join(group);
    await confirmed(one);
    await one.unsubscribe();
    const connections = async () =>
      (await store.client.getPersistentSubscriptionToStreamInfo(stream, group)).connections.length;
    await eventually(async () => (await connections()) === 0, 20_000);
    const two = join(group);
    await confirmed(two);
    await two.unsubscribe();
  });

  it('take over what one held that has gone', async () => {
    await store.fill(stream, 4);
    const group = await groups.onStream(stream, { consumerStrategyName: ROUND_ROBIN });
    await consume(join(group, 4), 4, () => undefined);
    const staying = join(group);
    const received = await consume(staying, 4, (message) => void staying.ack(message));
    expect(received).toEqual(range(0, 4).map((revision) => [revision, 1]));
  });

  it('go on behind the checkpoint when the group is updated', async () => {
    await store.fill(stream, 10);
    const group = await groups.onStream(stream, EAGER);
    const before = join(group, 1);
    await consume(before, 6, (message) => void before.ack(message));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await store.client.updatePersistentSubscriptionToStream(stream, group, settings({ ...EAGER, maxRetryCount: 3 }));
    const after = join(group);
    const received = await consume(after, 4, (message) => void after.ack(message));
    // The one on its way when the first consumer left was never answered.
    expect(received.map(([revision]) => revision)).toEqual(range(6, 10));
  });

  it('go on behind the checkpoint when all groups are started anew', async () => {
    await store.fill(stream, 5);
    const group = await groups.onStream(stream, EAGER);
    const before = join(group, 1);
    await consume(before, 5, (message) => void before.ack(message));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await store.client.restartPersistentSubscriptionSubsystem();
    await eventually(() => answers(store.client.getPersistentSubscriptionToStreamInfo(stream, group)), 30_000);
    await store.fill(stream, 2);
    const after = join(group);
    const received = await consume(after, 2, (message) => void after.ack(message));
    expect(received.map(([revision]) => revision)).toEqual([5, 6]);
  });
});

/** Keys of messages that more than one consumer got. */
function sharedKeys(got: readonly Message[][], keyOf: (message: Message) => string | undefined): string[] {
  const owners = new Map<string, Set<number>>();
  got.forEach((messages, n) => {
    for (const message of messages) {
      const key = keyOf(message) ?? '';
      owners.set(key, (owners.get(key) ?? new Set()).add(n));
    }
  });
  return [...owners].filter(([, by]) => by.size > 1).map(([key]) => key);
}

/** True once a call succeeds: groups that start anew refuse for a moment. */
async function answers(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}
