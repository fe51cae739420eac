import type { Logger } from '../../../src/application/ports/logger';
import type { CircuitChange } from '../../../src/application/ports/provider-health';
import { WaitingRoom } from '../../../src/application/sagas/waiting-room';

const silent = (): void => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
const at = (second: number) => `2026-01-02T00:00:0${second}.000Z`;

describe('the waiting room', () => {
  let tell: (change: CircuitChange) => void;
  let woken: string[];
  /** What a message that is woken does to the circuit. */
  let trial: () => void;
  let room: WaitingRoom;
  const becomes = async (to: CircuitChange['to']): Promise<void> => {
    tell({ provider: 'one', tier: 'tier_1', to });
    await new Promise(setImmediate);
  };

  beforeEach(() => {
    woken = [];
    const onChange = (listener: typeof tell) => {
      tell = listener;
      return silent;
    };
    room = new WaitingRoom({ onChange } as ConstructorParameters<typeof WaitingRoom>[0], logger);
    trial = silent;
    room.start((messageId) => {
      woken.push(messageId);
      trial();
      return Promise.resolve();
    });
  });

  it('lets the oldest message go first, whenever it came in', async () => {
    room.waitsFor(['one'], { messageId: 'young', acceptedAt: at(3) });
    room.waitsFor(['one'], { messageId: 'old', acceptedAt: at(1) });
    room.waitsFor(['one'], { messageId: 'middle', acceptedAt: at(2) });
    trial = () => tell({ provider: 'one', tier: 'tier_1', to: 'open' });
    await becomes('half_open');
    expect(woken).toEqual(['old']);
    // Its trial failed: it waits again, and is still the oldest.
    room.waitsFor(['one'], { messageId: 'old', acceptedAt: at(1) });
    await becomes('returning');
    expect(woken).toEqual(['old', 'old', 'middle', 'young']);
  });

  it('asks the next one where the oldest does not try the circuit', async () => {
    for (const [index, messageId] of ['gone', 'refused', 'able', 'later'].entries())
      room.waitsFor(['one'], { messageId, acceptedAt: at(index) });
    trial = () => {
      if (woken.at(-1) === 'able') tell({ provider: 'one', tier: 'tier_1', to: 'open' });
    };
    await becomes('half_open');
    expect(woken).toEqual(['gone', 'refused', 'able']);
  });

  it('knows who is in line while those before it go', async () => {
    const arrived: (() => void)[] = [];
    room.start(() => new Promise<void>((resolve) => arrived.push(resolve)));
    for (let n = 0; n < 20; n++)
      room.waitsFor(['one'], { messageId: `m${n}`, acceptedAt: `2026-01-02T00:00:${n + 10}Z` });
    expect(room.isInLine('m19')).toBe(false);
    await becomes('returning');
    // 16 go at once.
    expect([room.isInLine('m15'), room.isInLine('m16'), room.isInLine('m19')]).toEqual([false, true, true]);
    for (const go of arrived.splice(0)) go();
    await new Promise(setImmediate);
    expect([room.isInLine('m16'), room.isInLine('m19')]).toEqual([false, false]);
  });

  it('lets retries leave when their circuit opens', async () => {
    room.waitsToRetry('one', { messageId: 'retry', acceptedAt: at(1) });
    room.waitsFor(['one'], { messageId: 'waits', acceptedAt: at(1) });
    await becomes('open');
    expect(woken).toEqual(['retry']);
  });
});
