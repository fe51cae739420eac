import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { CryptoIdSource, uuidV5 } from '../../../src/infrastructure/crypto/id-source';
import { isId } from '../../../src/domain/shared/ids';

/** A clock to be set by hand. */
class HandClock {
  wallMs = Date.UTC(2026, 10, 22, 9, 30);
  passedMs = 0;
  readonly clock = new SystemClock(
    () => this.wallMs,
    () => this.passedMs,
  );
  advance(ms: number): void {
    this.wallMs += ms;
    this.passedMs += ms;
  }
}

describe('derived ids', () => {
  it.each([
    // RFC 9562, appendix A.4; the others as Python's uuid.uuid5 gives them.
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'python.org', '886313e1-3b8a-5372-9b90-0c9aee199e5d'],
    [
      '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
      'http://www.ietf.org/rfc/rfc4122.txt',
      'd0690b3c-b29d-52e7-81b0-d573b503f2d4',
    ],
  ])('are UUIDs of version 5: %s %s', (parent, name, expected) => {
    expect(uuidV5(parent, name)).toBe(expected);
  });

  it('differ by parent and by name, and are the same every time', () => {
    const ids = new CryptoIdSource(new SystemClock());
    const parent = ids.uuid();
    expect(ids.derived(parent, '0')).toBe(ids.derived(parent, '0'));
    expect(ids.derived(parent, '0')).not.toBe(ids.derived(parent, '1'));
    expect(ids.derived(parent, '0')).not.toBe(ids.derived(ids.uuid(), '0'));
    expect(() => ids.derived('msg_1', '0')).toThrow('no UUID');
  });
});

describe('ids', () => {
  it('are ULIDs that rise, many in one millisecond too', () => {
    const hand = new HandClock();
    const ids = new CryptoIdSource(hand.clock);
    const made: string[] = [];
    for (let ms = 0; ms < 5; ms++) {
      for (let n = 0; n < 1_000; n++) made.push(ids.next('msg'));
      hand.advance(1);
    }
    expect(made.every((id) => isId(id, 'msg'))).toBe(true);
    expect(new Set(made).size).toBe(made.length);
    expect([...made].sort()).toEqual(made);
  });

  it('begin with the time', () => {
    const hand = new HandClock();
    const id = new CryptoIdSource(hand.clock).next('cus');
    let ms = 0;
    for (const character of id.slice(4, 14)) ms = ms * 32 + '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(character);
    expect(ms).toBe(hand.wallMs);
  });

  it('go on rising when the clock is set back by a day', () => {
    const hand = new HandClock();
    const ids = new CryptoIdSource(hand.clock);
    const before = ids.next('msg');
    hand.wallMs -= 86_400_000;
    hand.passedMs += 20;
    const after = ids.next('msg');
    expect(after > before).toBe(true);
  });

  it('are the same for one idempotency key, and for no other', () => {
    const ids = new CryptoIdSource(new SystemClock());
    const id = ids.messageIdForKey('cus_1', 'live', '/v1/messages', 'order-4821');
    expect(isId(id, 'msg')).toBe(true);
    expect(ids.messageIdForKey('cus_1', 'live', '/v1/messages', 'order-4821')).toBe(id);
    const others = [
      ids.messageIdForKey('cus_2', 'live', '/v1/messages', 'order-4821'),
      ids.messageIdForKey('cus_1', 'test', '/v1/messages', 'order-4821'),
      ids.messageIdForKey('cus_1', 'live', '/v1/otp', 'order-4821'),
      ids.messageIdForKey('cus_1', 'live', '/v1/messages', 'order-4822'),
      ids.messageIdForKey('cus_1live', '', '/v1/messages', 'order-4821'),
    ];
    expect(new Set([id, ...others]).size).toBe(6);
  });

  it('are the same for one recipient, mode and sender, and for no other', () => {
    const ids = new CryptoIdSource(new SystemClock());
    const id = ids.optOutId('sub_1', 'live', 'ACME');
    expect(isId(id, 'opt')).toBe(true);
    expect(ids.optOutId('sub_1', 'live', 'ACME')).toBe(id);
    const others = [
      ids.optOutId('sub_2', 'live', 'ACME'),
      ids.optOutId('sub_1', 'test', 'ACME'),
      ids.optOutId('sub_1', 'live', 'ACME2'),
      ids.optOutId('sub_1', 'live', null),
      ids.optOutId('sub_1', 'live', 'null'),
    ];
    expect(new Set([id, ...others]).size).toBe(6);
  });
});

describe('the clock', () => {
  it('follows the wall', () => {
    const hand = new HandClock();
    expect(hand.clock.now()).toBe(hand.wallMs);
    hand.advance(1_234);
    expect(hand.clock.now()).toBe(hand.wallMs);
    expect(hand.clock.iso()).toBe(new Date(hand.wallMs).toISOString());
  });

  it('never goes back, and goes on at the pace of time when the wall is set back', () => {
    const hand = new HandClock();
    const before = hand.clock.now();
    hand.wallMs -= 86_400_000;
    expect(hand.clock.now()).toBe(before);
    hand.advance(500);
    expect(hand.clock.now()).toBe(before + 500);
    for (let n = 0; n < 100; n++) {
      hand.advance(0.5);
      hand.clock.now();
    }
    expect(hand.clock.now()).toBe(before + 550);
    hand.wallMs += 86_400_000;
    expect(hand.clock.now()).toBe(hand.wallMs);
  });

  it('measures intervals by the monotonic clock', () => {
    const hand = new HandClock();
    const before = hand.clock.monotonicMs();
    hand.wallMs -= 1_000_000;
    hand.passedMs += 7;
    expect(hand.clock.monotonicMs() - before).toBe(7);
  });
});
