import { randomUUID } from 'node:crypto';
import { makeRecord } from '../../../src/infrastructure/embedded/event-store/storage/record';
import { RecentIds } from '../../../src/infrastructure/embedded/event-store/streams/recent-ids';

const NOTHING = Buffer.alloc(0);
const stored = (sequence: number, streamNumber: number, revision: number, id: string = randomUUID()) =>
  makeRecord(
    { sequence, stream: Buffer.from('s'), streamNumber, revision, createdMs: 0 },
    { id, type: 'T', isJson: false, data: NOTHING, metadata: NOTHING },
  );

describe('the ids of the newest events', () => {
  it('are known by stream, each with its last revision', () => {
    const ids = new RecentIds(0, () => undefined);
    const id = randomUUID();
    ids.add(stored(1, 1, 0, id));
    ids.add(stored(2, 1, 5, id));
    expect(ids.revisionOf(1, id)).toBe(5);
    expect(ids.revisionOf(2, id)).toBeUndefined();
  });

  it('are known from the log after a start', () => {
    const log = [stored(1, 1, 0), stored(2, 1, 1)];
    const ids = new RecentIds(2, (sequence) => log[sequence - 1]);
    expect(log.map((event) => ids.revisionOf(1, event.id))).toEqual([0, 1]);
  });

  it('are forgotten when many newer ones have come, and not before', () => {
    const ids = new RecentIds(0, () => undefined);
    const first = stored(1, 1, 0);
    ids.add(first);
    for (let n = 1; n < 32_768; n++) ids.add(stored(n + 1, 2, n));
    expect(ids.revisionOf(1, first.id)).toBe(0);
    for (let n = 0; n < 40_000; n++) ids.add(stored(n + 1, 3, n));
    expect(ids.revisionOf(1, first.id)).toBeUndefined();
  });
});
