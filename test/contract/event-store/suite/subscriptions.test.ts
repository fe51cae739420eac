import { END, START } from '@eventstore/db-client';
import { first, heard } from '../../../support/event-store/collect';
import {
  CASE_MS,
  event,
  events,
  positionOf,
  range,
  unique,
  useEventStore,
} from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('a subscription to a stream', () => {
  const store = useEventStore();
  let stream: string;
  beforeEach(() => {
    stream = unique('subscribed');
  });
  const subscribe = (fromRevision: bigint | typeof START | typeof END) =>
    store.client.subscribeToStream(stream, { fromRevision });
  const revisionOf = (resolved: { event?: { revision: bigint } }) => Number(resolved.event?.revision);

  it('is confirmed', async () => {
    const subscription = subscribe(START);
    await heard(subscription, 'confirmation');
    await subscription.unsubscribe();
  });

  it('from the start gives what is stored', async () => {
    await store.fill(stream, 4);
    expect(await first(subscribe(START), 4, revisionOf)).toEqual([0, 1, 2, 3]);
  });

  it('gives what is stored and then what comes', async () => {
    await store.fill(stream, 2);
    const subscription = subscribe(START);
    const seen = first(subscription, 4, revisionOf);
    await heard(subscription, 'caughtUp');
    await store.fill(stream, 2);
    expect(await seen).toEqual([0, 1, 2, 3]);
  });

  it('from a revision begins behind it', async () => {
    await store.fill(stream, 5);
    expect(await first(subscribe(2n), 2, revisionOf)).toEqual([3, 4]);
  });

  it('from its last revision waits for the next', async () => {
    await store.fill(stream, 3);
    const subscription = subscribe(2n);
    const seen = first(subscription, 1, revisionOf);
    await heard(subscription, 'caughtUp');
    await store.fill(stream, 1);
    expect(await seen).toEqual([3]);
  });

  it('from the end gives only what comes', async () => {
    await store.fill(stream, 3);
    const subscription = subscribe(END);
    const seen = first(subscription, 2, revisionOf);
    await heard(subscription, 'caughtUp');
    await store.fill(stream, 2);
    expect(await seen).toEqual([3, 4]);
  });

  it('waits for a stream that is not there yet', async () => {
    const subscription = subscribe(START);
    const seen = first(subscription, 1, revisionOf);
    await heard(subscription, 'caughtUp');
    await store.fill(stream, 1);
    expect(await seen).toEqual([0]);
  });

  it('from the end waits for a stream that is not there yet', async () => {
    const subscription = subscribe(END);
    const seen = first(subscription, 1, revisionOf);
    await heard(subscription, 'caughtUp');
    await store.fill(stream, 1);
    expect(await seen).toEqual([0]);
  });

  it('says that it has caught up behind everything stored', async () => {
    await store.fill(stream, 6);
    const subscription = subscribe(START);
    let received = 0;
    subscription.on('data', () => received++);
    await heard(subscription, 'caughtUp');
    expect(received).toBe(6);
    await subscription.unsubscribe();
  });

  it('gives every event once and in order while it is written to', async () => {
    await store.fill(stream, 300);
    const subscription = subscribe(START);
    const seen = first(subscription, 600, revisionOf);
    for (let n = 0; n < 30; n++) await store.fill(stream, 10);
    expect(await seen).toEqual(range(0, 600));
  });

  it('gives all that subscribe the same', async () => {
    const subscriptions = Array.from({ length: 10 }, () => subscribe(START));
    const seen = Promise.all(subscriptions.map((each) => first(each, 20, revisionOf)));
    await Promise.all(subscriptions.map((each) => heard(each, 'caughtUp')));
    for (let n = 0; n < 10; n++) await store.fill(stream, 2);
    expect(await seen).toEqual(subscriptions.map(() => range(0, 20)));
  });

  it('gives nothing of other streams', async () => {
    const subscription = subscribe(START);
    const seen = first(subscription, 2, (resolved) => resolved.event?.streamId);
    await heard(subscription, 'caughtUp');
    await store.fill(stream, 1);
    await store.fill(`${stream}-other`, 3);
    await store.fill(stream, 1);
    expect(await seen).toEqual([stream, stream]);
  });

  it('gives nothing more when it is given up', async () => {
    const subscription = subscribe(START);
    let received = 0;
    subscription.on('data', () => received++);
    await heard(subscription, 'caughtUp');
    await subscription.unsubscribe();
    await store.fill(stream, 3);
    expect(await first(subscribe(START), 3, revisionOf)).toEqual([0, 1, 2]);
    expect(received).toBe(0);
  });

  it('may be one to the metadata of a stream', async () => {
    const subscription = store.client.subscribeToStream(`$$${stream}`, { fromRevision: START });
    const seen = first(subscription, 1, (resolved) => resolved.event?.data);
    await heard(subscription, 'caughtUp');
    await store.client.setStreamMetadata(stream, { maxCount: 7 });
    expect(await seen).toEqual([{ $maxCount: 7 }]);
  });

  it('gives a slow consumer everything', async () => {
    await store.fill(stream, 2000);
    let slow = true;
    const seen: number[] = [];
    for await (const resolved of subscribe(START)) {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 500));
      slow = false;
      seen.push(revisionOf(resolved));
      if (seen.length === 2000) break;
    }
    expect(seen).toEqual(range(0, 2000));
  });
});

describe('a subscription to $all', () => {
  const store = useEventStore();

  it('from a position begins behind it', async () => {
    const stream = unique('all');
    const position = positionOf(await store.fill(stream, 1));
    await store.fill(stream, 1);
    const found: bigint[] = [];
    for await (const { event: read } of store.client.subscribeToAll({ fromPosition: position })) {
      if (read?.streamId !== stream) continue;
      found.push(read.revision);
      break;
    }
    expect(found).toEqual([1n]);
  });

  it('from the end gives what comes, in the order of the log', async () => {
    const streams = [unique('x'), unique('y')];
    const subscription = store.client.subscribeToAll({ fromPosition: END });
    const found: string[] = [];
    const done = (async () => {
      for await (const { event: read } of subscription) {
        if (read && streams.includes(read.streamId)) found.push(`${streams.indexOf(read.streamId)}:${read.revision}`);
        if (found.length === 4) break;
      }
    })();
    await heard(subscription, 'caughtUp');
    for (const stream of [...streams, ...streams]) await store.client.appendToStream(stream, event());
    await done;
    expect(found).toEqual(['0:0', '1:0', '0:1', '1:1']);
  });

  it('gives events with positions from which it can go on', async () => {
    const stream = unique('resume');
    const from = await store.mark();
    await store.client.appendToStream(stream, events(6));
    const take = async (fromPosition: typeof from, count: number) => {
      const found: { revision: bigint; position: typeof from }[] = [];
      for await (const { event: read } of store.client.subscribeToAll({ fromPosition })) {
        if (read?.streamId === stream) found.push({ revision: read.revision, position: read.position });
        if (found.length === count) break;
      }
      return found;
    };
    const before = await take(from, 3);
    const after = await take(before[2]?.position ?? from, 3);
    expect([...before, ...after].map(({ revision }) => Number(revision))).toEqual(range(0, 6));
  });
});
