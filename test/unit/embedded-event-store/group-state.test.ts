import fc from 'fast-check';
import type { GroupSettings } from '../../../src/infrastructure/embedded/event-store/persistent/group-settings';
import { type Message, GroupState } from '../../../src/infrastructure/embedded/event-store/persistent/group-state';

const settings = (over: Partial<GroupSettings> = {}): GroupSettings => ({
  resolveLinks: false,
  extraStatistics: false,
  messageTimeoutMs: 1000,
  maxRetryCount: 2,
  checkpointAfterMs: 100,
  minCheckpointCount: 1,
  maxCheckpointCount: 10,
  maxSubscriberCount: 0,
  liveBufferSize: 500,
  readBatchSize: 20,
  historyBufferSize: 500,
  strategy: 'RoundRobin',
  ...over,
});
const message = (place: number, over: Partial<Message<string>> = {}): Message<string> => ({
  id: `id-${place}`,
  place,
  payload: `event ${place}`,
  pinnedTo: '',
  retryCount: 0,
  ...over,
});
const groupOf = (count: number, over: Partial<GroupSettings> = {}): GroupState<string> => {
  const group = new GroupState<string>(settings(over));
  for (let place = 0; place < count; place++) group.offer(message(place));
  return group;
};
const placesOf = (deliveries: readonly { message: Message<string> }[]): (number | undefined)[] =>
  deliveries.map((delivery) => delivery.message.place);

describe('a group of competing consumers', () => {
  it('gives a consumer no more than it has room for, and goes on as it answers', () => {
    const group = groupOf(4);
    group.join('a', 2);
    expect(placesOf(group.deliver(0))).toEqual([0, 1]);
    expect(group.deliver(0)).toEqual([]);
    group.ack(['id-0'], 0);
    expect(placesOf(group.deliver(0))).toEqual([2]);
  });

  it('keeps its checkpoint before the first message that is not done with', () => {
    const group = groupOf(3);
    group.join('a', 10);
    group.deliver(0);
    group.ack(['id-0', 'id-2'], 0);
    expect(group.checkpoint(2)).toBe(0);
    group.ack(['id-1'], 0);
    expect(group.checkpoint(2)).toBe(2);
  });

  it('gives what a consumer held to the next one when it leaves, in order', () => {
    const group = groupOf(3);
    const first = group.join('a', 2);
    group.deliver(0);
    group.leave(first);
    group.join('b', 10);
    const again = group.deliver(0);
    expect(placesOf(again)).toEqual([0, 1, 2]);
    expect(again.map((delivery) => delivery.message.retryCount)).toEqual([1, 1, 0]);
  });

  it('delivers again what timed out, and parks it when its retries are used up', () => {
    const group = groupOf(1);
    group.join('a', 10);
    for (let round = 0; round < 2; round++) {
      group.deliver(round * 1000);
      expect(group.expire(round * 1000 + 999)).toEqual([]);
      expect(group.expire(round * 1000 + 1000)).toEqual([]);
    }
    group.deliver(2000);
    expect(group.expire(3000)).toMatchObject([{ message: { place: 0, retryCount: 2 } }]);
  });

  it('does not let the checkpoint pass a message until its parking is on disk', () => {
    const group = groupOf(1);
    group.join('a', 10);
    group.deliver(0);
    const { parking } = group.nack(['id-0'], 'park', 'bad', 0);
    expect(parking).toMatchObject([{ reason: 'bad' }]);
    expect(group.checkpoint(0)).toBe(-1);
    for (const { message: parked } of parking) group.parked(parked);
    expect(group.checkpoint(0)).toBe(0);
  });

  it('frees the slot of a message that is stopped, and delivers it at its time-out', () => {
    const group = groupOf(2);
    group.join('a', 1);
    group.deliver(0);
    group.nack(['id-0'], 'stop', '', 0);
    expect(placesOf(group.deliver(0))).toEqual([1]);
    group.ack(['id-1'], 0);
    expect(group.checkpoint(1)).toBe(-1);
    group.expire(1000);
    expect(placesOf(group.deliver(1000))).toEqual([0]);
  });

  it('ignores what it does not know: an unknown id, a second answer', () => {
    const group = groupOf(1);
    group.join('a', 1);
    group.deliver(0);
    expect(group.ack(['unknown'], 0)).toEqual([]);
    expect(group.ack(['id-0'], 0)).toHaveLength(1);
    expect(group.ack(['id-0'], 0)).toEqual([]);
  });

  it('never parks a message for its consumers leaving, however many do', () => {
    const group = groupOf(1, { maxRetryCount: 1 });
    for (let tries = 0; tries < 4; tries++) {
      const consumer = group.join('a', 1);
      expect(group.deliver(0)).toMatchObject([{ message: { place: 0, retryCount: tries } }]);
      group.leave(consumer);
    }
    expect(group.retrying).toBe(1);
  });

  it('says in a parked message that its retries are used up', () => {
    const group = groupOf(1, { maxRetryCount: 0 });
    group.join('a', 1);
    group.deliver(0);
    expect(group.expire(1000)).toMatchObject([{ reason: 'Reached retry count of 0' }]);
  });

  it('takes the late answer of a consumer whose message went on to another one', () => {
    const group = groupOf(1);
    group.join('slow', 1);
    group.deliver(0);
    group.expire(1000);
    const [again] = group.deliver(1000);
    expect(group.ack(['id-0'], 1001)).toHaveLength(1);
    expect(again?.consumer.held.size).toBe(0);
    expect(group.checkpoint(0)).toBe(0);
  });

  it('measures how long its consumers take, where that is asked for', () => {
    const group = groupOf(10, { extraStatistics: true });
    const consumer = group.join('a', 10);
    group.deliver(100);
    for (let place = 0; place < 10; place++) group.ack([`id-${place}`], 100 + place);
    const figures = Object.fromEntries(consumer.measurements);
    expect(figures).toMatchObject({ Mean: 4, Median: 5, Fastest: 0, 'Quintile 3': 4, '90%': 9, Highest: 9 });
    expect(groupOf(0).join('b', 1).measurements).toEqual([]);
  });

  it('holds back a second event with an id that is in flight', () => {
    const group = new GroupState<string>(settings());
    group.offer(message(0, { id: 'same' }));
    group.offer(message(1, { id: 'same' }));
    group.join('a', 10);
    expect(placesOf(group.deliver(0))).toEqual([0]);
    group.ack(['same'], 0);
    expect(placesOf(group.deliver(0))).toEqual([1]);
  });

  it('limits its consumers', () => {
    const group = groupOf(0, { maxSubscriberCount: 1 });
    expect(group.hasRoomForConsumer).toBe(true);
    const consumer = group.join('a', 1);
    expect(group.hasRoomForConsumer).toBe(false);
    group.leave(consumer);
    expect(group.hasRoomForConsumer).toBe(true);
  });

  it('takes turns, or fills one consumer first, or pins a stream to one', () => {
    const spread = (strategy: GroupSettings['strategy'], pins: string[]): string[] => {
      const group = new GroupState<string>(settings({ strategy }));
      pins.forEach((pinnedTo, place) => group.offer(message(place, { pinnedTo })));
      group.join('a', 3);
      group.join('b', 3);
      return group.deliver(0).map((delivery) => delivery.consumer.name);
    };
    expect(spread('RoundRobin', ['x', 'x', 'x', 'x'])).toEqual(['a', 'b', 'a', 'b']);
    expect(spread('DispatchToSingle', ['x', 'x', 'x', 'x'])).toEqual(['a', 'a', 'a', 'b']);
    expect(new Set(spread('Pinned', ['x', 'x', 'x'])).size).toBe(1);
  });

  it('loses nothing, delivers nothing twice without a retry, and never checkpoints past what is open', () => {
    const step = fc.record({ what: fc.constantFrom('ack', 'retry', 'skip', 'leave', 'expire'), pick: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const count = 12;
        const group = groupOf(count, { maxRetryCount: 1000 });
        const done = new Set<number>();
        let consumer = group.join('a', 4);
        const held = new Map<string, number>();
        let now = 0;
        const deliver = (): void => {
          for (const { message: m } of group.deliver(now)) {
            expect(held.has(m.id) || done.has(m.place as number)).toBe(false);
            held.set(m.id, m.place as number);
          }
        };
        deliver();
        for (const { what, pick } of steps) {
          const id = [...held.keys()][pick % Math.max(1, held.size)];
          if (what === 'leave') {
            group.leave(consumer);
            held.clear();
            consumer = group.join('a', 4);
          } else if (what === 'expire') {
            now += 1000;
            group.expire(now);
            held.clear();
          } else if (id !== undefined) {
            if (what === 'ack') group.ack([id], 0);
            else group.nack([id], what === 'skip' ? 'skip' : 'retry', '', 0);
            if (what !== 'retry') done.add(held.get(id) as number);
            held.delete(id);
          }
          deliver();
          const checkpoint = group.checkpoint(count - 1);
          for (let place = 0; place <= checkpoint; place++) expect(done.has(place)).toBe(true);
        }
        expect(group.buffered + group.retrying + group.inFlight + done.size).toBe(count);
      }),
    );
  });
});
