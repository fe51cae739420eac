import { type Position, BACKWARDS, END, START } from '@eventstore/db-client';
import { CASE_MS, collect, positionOf, unique, useEventStore } from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('a read of $all', () => {
  const store = useEventStore();
  const names = ['a', 'b', 'c'].map((letter) => unique(letter));
  const positions: Position[] = [];
  beforeAll(async () => {
    for (const name of names) positions.push(positionOf(await store.fill(name, 2)));
  }, CASE_MS);
  type Options = Parameters<typeof store.client.readAll>[0];
  const read = (options: Options) => collect(store.client.readAll(options));
  /** Of what a read gives, the streams of this file: others may write to the server too. */
  const ours = async (options: Options) =>
    (await read(options)).map(({ event }) => event?.streamId ?? '').filter((name) => names.includes(name));
  const at = (n: number) => positions[n] as Position;

  it('begins with the event at the position it names', async () => {
    const [read0] = await read({ fromPosition: at(1), maxCount: 1 });
    expect(read0?.event).toMatchObject({ streamId: names[1], revision: 1n, position: at(1) });
  });

  it('goes on in the order of the log', async () => {
    expect((await ours({ fromPosition: at(0), maxCount: 200 })).slice(0, 5)).toEqual([
      names[0],
      names[1],
      names[1],
      names[2],
      names[2],
    ]);
  });

  it('backwards leaves out the event at the position it names', async () => {
    const [before] = await read({ fromPosition: at(1), maxCount: 1, direction: BACKWARDS });
    expect(before?.event?.position?.commit).toBeLessThan(at(1).commit);
  });

  it('backwards goes against the order of the log', async () => {
    const found = await ours({ fromPosition: at(2), maxCount: 200, direction: BACKWARDS });
    expect(found.slice(0, 5)).toEqual([names[2], names[1], names[1], names[0], names[0]]);
  });

  it('from the start begins with the oldest event', async () => {
    const [oldest, next] = await read({ fromPosition: START, maxCount: 2 });
    expect(oldest?.event?.position?.commit).toBeLessThan(next?.event?.position?.commit as bigint);
    expect(oldest?.event?.position?.commit).toBeLessThan(at(0).commit);
  });

  it('backwards from the end begins with one of the newest', async () => {
    const [newest] = await read({ fromPosition: END, maxCount: 1, direction: BACKWARDS });
    expect(newest?.event?.position?.commit).toBeGreaterThanOrEqual(at(2).commit);
  });

  it('gives no more than it is asked for', async () => {
    expect(await read({ fromPosition: START, maxCount: 3 })).toHaveLength(3);
    expect(await read({ fromPosition: END, maxCount: 3, direction: BACKWARDS })).toHaveLength(3);
  });

  it('gives an event as a read of its stream does', async () => {
    const [fromAll] = await read({ fromPosition: at(2), maxCount: 1 });
    const [fromStream] = await collect(store.client.readStream(names[2] as string, { fromRevision: 1n }));
    expect(fromAll?.event).toEqual(fromStream?.event);
  });

  it('from a position that no event has is an error', async () => {
    const nowhere = { commit: at(0).commit + 1n, prepare: at(0).prepare + 1n };
    await expect(read({ fromPosition: nowhere, maxCount: 1 })).rejects.toMatchObject({ type: 'unknown' });
  });

  it('shows metadata as the events that they are', async () => {
    const set = await store.client.setStreamMetadata(names[0] as string, { maxCount: 5 });
    const [metadata] = await read({ fromPosition: positionOf(set), maxCount: 1 });
    expect(metadata?.event).toMatchObject({ streamId: `$$${names[0]}`, type: '$metadata' });
  });

  it('may be left half way', async () => {
    for await (const resolved of store.client.readAll({ fromPosition: START })) {
      expect(resolved.event).toBeDefined();
      break;
    }
    expect(await read({ fromPosition: at(0), maxCount: 1 })).toHaveLength(1);
  });
});
