import {
  type Filter,
  type Position,
  END,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  streamNameFilter,
} from '@eventstore/db-client';
import { first, heard } from '../../../support/event-store/collect';
import { CASE_MS, event, events, unique, useEventStore } from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('a filter of $all', () => {
  const store = useEventStore();
  let run: string;
  beforeEach(() => {
    run = unique('f').replaceAll('-', '');
  });

  /** Writes events named `stream:type`, each name with the run's mark, then says which of them come through. */
  async function passing(names: readonly string[], expected: number, filter: () => Filter): Promise<string[]> {
    const fromPosition = await store.mark();
    for (const name of names) {
      const [stream = '', type = ''] = name.split(':');
      await store.client.appendToStream(stream, jsonEvent({ type, data: {} }));
    }
    const subscription = store.client.subscribeToAll({ fromPosition, filter: filter() });
    return first(subscription, expected, ({ event: read }) => `${read?.streamId}:${read?.type}`);
  }

  it('by a prefix of the type lets those through', async () => {
    const names = [`s-${run}:A${run}x`, `s-${run}:B${run}`, `s-${run}:A${run}y`];
    const filter = () => eventTypeFilter({ prefixes: [`A${run}`] });
    expect(await passing(names, 2, filter)).toEqual([names[0], names[2]]);
  });

  it('by several prefixes of the type lets each through', async () => {
    const names = [`s-${run}:A${run}`, `s-${run}:B${run}`, `s-${run}:C${run}`];
    const filter = () => eventTypeFilter({ prefixes: [`C${run}`, `A${run}`] });
    expect(await passing(names, 2, filter)).toEqual([names[0], names[2]]);
  });

  it('by a prefix of the stream lets those through', async () => {
    const names = [`a${run}-1:T`, `b${run}-1:T`, `a${run}-2:T`];
    const filter = () => streamNameFilter({ prefixes: [`a${run}-`] });
    expect(await passing(names, 2, filter)).toEqual([names[0], names[2]]);
  });

  it('by several prefixes of the stream lets each through', async () => {
    const names = [`a${run}:T`, `b${run}:T`, `c${run}:T`];
    const filter = () => streamNameFilter({ prefixes: [`b${run}`, `c${run}`] });
    expect(await passing(names, 2, filter)).toEqual([names[1], names[2]]);
  });

  it('by a prefix does not look for it elsewhere in the name', async () => {
    const names = [`xa${run}:T`, `a${run}:T`];
    expect(await passing(names, 1, () => streamNameFilter({ prefixes: [`a${run}`] }))).toEqual([names[1]]);
  });

  it('by a prefix tells capital letters from small ones', async () => {
    const names = [`s-${run}:AB${run}`, `s-${run}:ab${run}`];
    expect(await passing(names, 1, () => eventTypeFilter({ prefixes: [`ab${run}`] }))).toEqual([names[1]]);
  });

  it('by a regular expression on the type lets those through', async () => {
    const names = [`s-${run}:One${run}9`, `s-${run}:One${run}x`, `s-${run}:Two${run}7`];
    const filter = () => eventTypeFilter({ regex: `^(One|Two)${run}[0-9]$` });
    expect(await passing(names, 2, filter)).toEqual([names[0], names[2]]);
  });

  it('by a regular expression on the stream lets those through', async () => {
    const names = [`12_${run}_a:T`, `x_${run}_a:T`, `7_${run}_b:T`];
    const filter = () => streamNameFilter({ regex: `^\\d+_${run}_[a-z]$` });
    expect(await passing(names, 2, filter)).toEqual([names[0], names[2]]);
  });

  it('by a regular expression without anchors finds it anywhere', async () => {
    const names = [`x-${run}-y:T`, `other:T`, `${run}:T`];
    expect(await passing(names, 2, () => streamNameFilter({ regex: run }))).toEqual([names[0], names[2]]);
  });

  it('by a regular expression may disregard capitals, where it says so', async () => {
    const names = [`s-${run}:ab${run}`, `s-${run}:AB${run}`, `s-${run}:ac${run}`];
    const filter = () => eventTypeFilter({ regex: `(?i)^ab${run}$` });
    expect(await passing(names, 2, filter)).toEqual([names[0], names[1]]);
  });

  it('by a regular expression may exclude', async () => {
    const names = [`s-${run}:Good${run}`, `s-${run}:Bad${run}`, `s-${run}:Fine${run}`];
    const filter = () => eventTypeFilter({ regex: `^(?!Bad)\\w+${run}$` });
    expect(await passing(names, 2, filter)).toEqual([names[0], names[2]]);
  });

  it('leaves out system events, where it is to', async () => {
    const stream = unique('plain');
    const fromPosition = await store.mark();
    await store.client.setStreamMetadata(stream, { maxCount: 10 });
    await store.client.appendToStream(stream, [event('$contract'), event('Plain')]);
    const subscription = store.client.subscribeToAll({ fromPosition, filter: excludeSystemEvents() });
    const seen: string[] = [];
    for await (const { event: read } of subscription) {
      seen.push(read?.type ?? '');
      if (read?.streamId === stream) break;
    }
    expect(seen.filter((type) => type.startsWith('$'))).toEqual([]);
    expect(seen.at(-1)).toBe('Plain');
  });

  it('gives live what it lets through, and nothing else', async () => {
    const type = `Live${run}`;
    const filters = [
      eventTypeFilter({ prefixes: [type] }),
      eventTypeFilter({ regex: `^${type}$` }),
      streamNameFilter({ prefixes: [`live-${run}`] }),
    ];
    const subscriptions = filters.map((filter) => store.client.subscribeToAll({ fromPosition: END, filter }));
    const seen = Promise.all(subscriptions.map((each) => first(each, 10, ({ event: read }) => read?.streamId)));
    await Promise.all(subscriptions.map((each) => heard(each, 'caughtUp')));
    const written = Array.from({ length: 10 }, (_, n) => `live-${run}-${n}`);
    for (const name of written) {
      await store.fill(unique('noise'), 2);
      await store.fill(name, 1, type);
    }
    expect(await seen).toEqual([written, written, written]);
  });

  it('with an expression that is none ends the subscription with an error', async () => {
    const subscription = store.client.subscribeToAll({ fromPosition: END, filter: eventTypeFilter({ regex: '(' }) });
    await expect(first(subscription, 1, () => undefined)).rejects.toMatchObject({ type: 'unknown' });
  });
});

describe('the checkpoints of a filtered subscription', () => {
  const store = useEventStore();

  /** The checkpoints of a subscription that passes `count` events over before one gets through, in their order. */
  async function checkpoints(count: number, checkpointInterval: number) {
    const type = unique('Rare');
    const fromPosition = await store.mark();
    for (let left = count; left > 0; left -= 100) await store.fill(unique('common'), Math.min(100, left));
    const positions: Position[] = [];
    const checkpointReached = (_: unknown, position: Position): void => void positions.push(position);
    const filter = eventTypeFilter({ prefixes: [type], checkpointInterval, checkpointReached });
    const subscription = store.client.subscribeToAll({ fromPosition, filter });
    const one = first(subscription, 1, ({ event: read }) => read?.position as Position);
    await heard(subscription, 'caughtUp');
    await store.fill(unique('rare'), 1, type);
    const [found] = await one;
    return { type, fromPosition, positions, found: found as Position };
  }

  it('come though nothing gets through', async () => {
    const { positions } = await checkpoints(300, 1);
    expect(positions.length).toBeGreaterThanOrEqual(5);
  });

  it('come the less often the longer their interval', async () => {
    const often = await checkpoints(640, 1);
    const seldom = await checkpoints(640, 10);
    expect(seldom.positions.length).toBeLessThan(often.positions.length);
  });

  it('go forward only, from where it began to what it found', async () => {
    const { positions, fromPosition, found } = await checkpoints(300, 2);
    const commits = positions.map(({ commit }) => commit);
    expect([...commits].sort((a, b) => (a < b ? -1 : 1))).toEqual(commits);
    expect(commits[0]).toBeGreaterThan(fromPosition.commit);
    expect(commits.filter((commit) => commit < found.commit).length).toBeGreaterThan(0);
  });

  it('are places from which another one can go on without missing anything', async () => {
    const { type, positions, found } = await checkpoints(300, 1);
    const before = positions.filter(({ commit }) => commit < found.commit).at(-1) as Position;
    const resumed = store.client.subscribeToAll({
      fromPosition: before,
      filter: eventTypeFilter({ prefixes: [type] }),
    });
    expect(await first(resumed, 1, ({ event: read }) => read?.type)).toEqual([type]);
  });

  it('do not disturb the events', async () => {
    const type = unique('Many');
    const fromPosition = await store.mark();
    const stream = unique('many');
    for (let n = 0; n < 5; n++)
      await store.client.appendToStream(stream, [...events(40, 'Noise'), ...events(40, type)]);
    const filter = eventTypeFilter({ prefixes: [type], checkpointInterval: 1, checkpointReached: () => undefined });
    const subscription = store.client.subscribeToAll({ fromPosition, filter });
    expect(await first(subscription, 200, ({ event: read }) => read?.type)).toEqual(Array(200).fill(type));
  });
});
