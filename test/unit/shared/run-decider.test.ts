import type { Decider } from '../../../src/domain/shared/decider';
import { DomainError } from '../../../src/domain/shared/domain-error';
import type { DomainEvent, EventMetadata } from '../../../src/domain/shared/event';
import { StoreUnavailable, WrongExpectedRevision } from '../../../src/application/ports/event-store';
import { runDecider } from '../../../src/application/shared/run-decider';
import { CryptoIdSource } from '../../../src/infrastructure/crypto/id-source';
import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { MemoryEventStore } from '../../support/memory-event-store';

type Counted = DomainEvent<'Counted', { by: string; to: number }>;
interface State {
  readonly total: number;
  readonly done: readonly string[];
}
interface Count {
  readonly by: string;
  readonly times?: number;
}

/** Counts on by one for each caller once, up to ten. */
const counter: Decider<State, Count, Counted> = {
  initialState: { total: 0, done: [] },
  decide: ({ by, times = 1 }, state) => {
    if (state.done.includes(by)) return [];
    if (state.total + times > 10) throw new DomainError('conflict', 'ten is the end');
    return Array.from({ length: times }, (_, n) => ({ type: 'Counted', data: { by, to: state.total + n + 1 } }));
  },
  evolve: (state, { data }) => ({ total: data.to, done: [...state.done, data.by] }),
};

const metadata: EventMetadata = {
  correlationId: '11111111-1111-4111-8111-111111111111',
  causationId: '22222222-2222-4222-8222-222222222222',
  customerId: null,
  actor: { kind: 'system', id: 'test' },
  at: '2026-11-22T09:30:00.125Z',
};
const ids = new CryptoIdSource(new SystemClock());
const stream = 'counter-1';

describe('running a decider', () => {
  let store: MemoryEventStore;
  beforeEach(() => {
    store = new MemoryEventStore();
  });
  const count = (command: Count, commandId = ids.uuid(), known?: { state: State; revision: bigint | 'no_stream' }) =>
    runDecider(store, ids, { decider: counter, stream, command, context: { commandId, metadata }, known });

  it('reads, decides, appends and gives the state after it', async () => {
    expect(await count({ by: 'a' })).toMatchObject({ state: { total: 1 }, revision: 0n });
    expect(await count({ by: 'b', times: 2 })).toMatchObject({ state: { total: 3 }, revision: 2n });
    expect(store.events(stream).map(({ data }) => data)).toEqual([
      { by: 'a', to: 1 },
      { by: 'b', to: 2 },
      { by: 'b', to: 3 },
    ]);
  });

  it('derives event ids from the command’s id and the place', async () => {
    const commandId = ids.uuid();
    await count({ by: 'a', times: 2 }, commandId);
    expect(store.events(stream).map(({ id }) => id)).toEqual([
      ids.derived(commandId, '0'),
      ids.derived(commandId, '1'),
    ]);
    expect(store.events(stream)[0]?.metadata).toMatchObject(metadata);
  });

  it('appends nothing where the decider has nothing to say, and passes its refusal on', async () => {
    await count({ by: 'a' });
    expect(await count({ by: 'a' })).toMatchObject({ events: [], revision: 0n });
    await expect(count({ by: 'b', times: 10 })).rejects.toThrow(DomainError);
    expect(store.appends).toHaveLength(1);
  });

  it('reads nothing when it is told where the stream stands', async () => {
    const first = await count({ by: 'a' }, ids.uuid(), { state: counter.initialState, revision: 'no_stream' });
    await count({ by: 'b' }, ids.uuid(), first);
    expect(store.reads).toEqual([]);
    expect(store.events(stream)).toHaveLength(2);
  });

  it('decides again after a conflict, reading only what is new', async () => {
    const first = await count({ by: 'a' });
    await count({ by: 'b' });
    store.reads.length = 0;
    const result = await count({ by: 'c' }, ids.uuid(), first);
    expect(result).toMatchObject({ state: { total: 3 }, revision: 2n });
    expect(store.reads.map(({ from }) => from)).toEqual([1n]);
  });

  it('sees after a conflict that its command was carried out by another', async () => {
    const first = await count({ by: 'a' });
    await count({ by: 'b' });
    expect(await count({ by: 'b' }, ids.uuid(), first)).toMatchObject({ events: [], state: { total: 2 } });
  });

  it('gives up after five conflicts', async () => {
    await count({ by: 'first' });
    store.appends.length = 0;
    let rivals = 0;
    const rival = async (): Promise<void> => {
      const events = store.events(stream);
      const event = {
        id: ids.uuid(),
        event: { type: 'Counted', data: { by: `rival ${rivals}`, to: ++rivals } },
        metadata,
      };
      const written = store.append(stream, BigInt(events.length - 1), [event]);
      store.beforeNextAppend = rival;
      await written;
    };
    store.beforeNextAppend = rival;
    await expect(count({ by: 'a' })).rejects.toThrow(WrongExpectedRevision);
    expect(rivals).toBe(5);
  });

  it('tries nothing again but a conflict', async () => {
    store.fault = 'unknown_lost';
    const known = { state: counter.initialState, revision: 'no_stream' as const };
    await expect(count({ by: 'a' }, ids.uuid(), known)).rejects.toThrow(StoreUnavailable);
    expect(store.reads).toEqual([]);
  });
});
