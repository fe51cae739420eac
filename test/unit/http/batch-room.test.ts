import { BatchRoom } from '../../../src/infrastructure/http/batch-room';

const MIB = 1_024 * 1_024;

describe('the room for batches', () => {
  it('is shared by all, and one customer has no more than half', () => {
    const room = new BatchRoom();
    const places = [room.take('cus_1', 16 * MIB), room.take('cus_1', 16 * MIB)];
    expect(() => room.take('cus_1', 1)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    room.take('cus_2', 32 * MIB);
    expect(() => room.take('cus_3', 1)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    places[0]?.closed();
    expect(() => room.take('cus_3', 1)).not.toThrow();
  });

  it('is given back once, when both the connection and the work have ended', () => {
    const room = new BatchRoom();
    const place = room.take('cus_1', 32 * MIB);
    const end = place.work();
    place.closed();
    expect(() => room.take('cus_1', 1)).toThrow();
    end();
    place.closed();
    room.take('cus_1', 32 * MIB);
    expect(() => room.take('cus_1', 1)).toThrow();
  });
});
