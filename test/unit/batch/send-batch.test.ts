import { isAccepted, type ItemOutcome } from '../../../src/domain/batch/decider';
import type { MessageQueued } from '../../../src/domain/message/events';
import { StoreUnavailable } from '../../../src/application/ports/event-store';
import { DomainError } from '../../../src/domain/shared/domain-error';
import { streams } from '../../../src/domain/shared/streams';
import { batchIdOf, batchKey, batchWorld, queuedIn, type Asked, type BatchWorld } from './batch-world';

const PRICE = 8_000n;
const ordinary = (size: number): Asked[] => Array.from({ length: size }, () => ({}));

const codes = (outcomes: readonly ItemOutcome[]): string[] =>
  outcomes.map((outcome) => (isAccepted(outcome) ? (outcome.replayed ? 'replayed' : 'accepted') : outcome.code));
const idsOf = (outcomes: readonly ItemOutcome[]): (string | null)[] =>
  outcomes.map((outcome) => (isAccepted(outcome) ? outcome.messageId : null));
const refusal = (code: string) => expect.objectContaining({ name: 'DomainError', code });

/** Redis has lost everything. */
const flush = (w: BatchWorld): void => w.admission.kept.clear();

describe('sending a batch', () => {
  it('accepts each item, names the batch in it, and reserves its price', async () => {
    const w = batchWorld();
    const { batchId, outcomes, replayed } = await w.send(ordinary(120));
    expect([codes(outcomes), replayed]).toEqual([Array.from({ length: 120 }, () => 'accepted'), false]);
    expect(new Set(idsOf(outcomes)).size).toBe(120);
    for (const stream of queuedIn(w)) {
      const [event] = w.store.eventsOf(stream);
      expect((event?.data as MessageQueued['data']).batchId).toBe(batchId);
    }
    expect(w.wallets.open_.size).toBe(120);
    // Nobody can ask for it again, so nothing is kept of it.
    expect(w.store.appended.filter(({ stream }) => stream.startsWith('batch-'))).toEqual([]);
  });

  it('refuses bad items for themselves, in their places', async () => {
    const w = batchWorld();
    const flaw = new DomainError('not_yet_available', 'Not available yet: fallback.');
    const { outcomes } = await w.send([{}, { to: '12345' }, { flaw }, {}, { body: '' }]);
    expect(codes(outcomes)).toEqual([
      ...['accepted', 'validation_failed', 'not_yet_available', 'accepted', 'validation_failed'],
    ]);
    expect(outcomes[1]).toMatchObject({ fields: [{ field: 'to', message: expect.any(String) }] });
    expect(w.wallets.open_.size).toBe(2);
  });

  it('gives the money to the first, and holds none for the others', async () => {
    const w = batchWorld();
    w.wallets.available = 60n * PRICE + PRICE / 2n;
    const { outcomes } = await w.send(ordinary(100));
    expect(codes(outcomes)).toEqual(outcomes.map((_, n) => (n < 60 ? 'accepted' : 'insufficient_funds')));
    expect([w.wallets.open_.size, w.wallets.available]).toEqual([60, PRICE / 2n]);
  });

  it('counts as one request, and holds no item for one', async () => {
    const w = batchWorld();
    const asked: (number | null)[] = [];
    const admit = w.admission.admit.bind(w.admission);
    w.admission.admit = (request) => {
      asked.push(request.requestsPerSecond);
      return admit(request);
    };
    await w.send(ordinary(3));
    expect(asked).toEqual([600, null, null, null]);
    w.admission.admit = () => Promise.resolve({ kind: 'rate_limited', retryAfterSeconds: 1, limit: 600 });
    await expect(w.send(ordinary(1))).rejects.toEqual(refusal('rate_limited'));
  });

  describe('with keys of items', () => {
    it('answers a repeated one with the earlier message', async () => {
      const w = batchWorld();
      const one: Asked = { to: '+254712000001', key: 'k1' };
      const { outcomes } = await w.send([one, {}, one, ...ordinary(60), one]);
      expect(codes(outcomes).flatMap((code, n) => (code === 'replayed' ? [n] : []))).toEqual([2, 63]);
      expect(
        new Set([outcomes[0], outcomes[2], outcomes[63]].map((outcome) => idsOf(outcome ? [outcome] : [])[0])).size,
      ).toBe(1);
      expect(w.wallets.open_.size).toBe(62);
    });

    it('refuses another text under one, and frees one whose item was refused', async () => {
      const w = batchWorld();
      const { outcomes } = await w.send([
        { to: '+254712000001', key: 'k1' },
        { to: '+254712000001', key: 'k1', body: 'other' },
        { to: '12345', key: 'k2' },
        { to: '+254712000002', key: 'k2' },
      ]);
      expect(codes(outcomes)).toEqual(['accepted', 'idempotency_key_reused', 'validation_failed', 'accepted']);
    });

    it('knows what an earlier batch has sent, with Redis or without', async () => {
      const w = batchWorld();
      const asked: Asked[] = [{ key: 'k1' }, { key: 'k2' }];
      const first = await w.send(asked);
      const second = await w.send(asked);
      flush(w);
      const third = await w.send(asked);
      expect(codes(second.outcomes)).toEqual(['replayed', 'replayed']);
      expect(codes(third.outcomes)).toEqual(['replayed', 'replayed']);
      expect(idsOf(second.outcomes)).toEqual(idsOf(first.outcomes));
      expect(idsOf(third.outcomes)).toEqual(idsOf(first.outcomes));
      expect([w.wallets.open_.size, queuedIn(w).length]).toEqual([2, 2]);
    });
  });

  describe('with a key of its own', () => {
    const mixed: Asked[] = [
      {},
      { to: '12345' },
      { key: 'k1', to: '+254712000001' },
      { key: 'k1', to: '+254712000001' },
    ];

    it.each([
      ['Redis', () => undefined],
      ['the store', flush],
    ])('repeats its answer, as %s tells it, refusals included', async (_who, lose) => {
      const w = batchWorld();
      w.wallets.available = PRICE;
      const first = await w.send([...mixed, {}], batchKey());
      expect(codes(first.outcomes)).toEqual([
        ...['accepted', 'validation_failed', 'insufficient_funds', 'insufficient_funds', 'insufficient_funds'],
      ]);
      w.wallets.available = 100n * PRICE;
      lose(w);
      const again = await w.send([...mixed, {}], batchKey());
      expect(again).toEqual({ ...first, replayed: true });
      expect(queuedIn(w)).toHaveLength(1);
    });

    it('is refused as a whole with another body', async () => {
      const w = batchWorld();
      await w.send(ordinary(3), batchKey());
      await expect(w.send(ordinary(3), batchKey('batch-1', 'other'))).rejects.toEqual(
        refusal('idempotency_key_reused'),
      );
      flush(w);
      await expect(w.send([{}, {}, { body: 'other' }], batchKey())).rejects.toEqual(refusal('idempotency_key_reused'));
      await expect(w.send([{}, {}, { to: '1' }], batchKey())).rejects.toEqual(refusal('idempotency_key_reused'));
      await expect(w.send(ordinary(4), batchKey())).rejects.toEqual(refusal('idempotency_key_reused'));
      expect(queuedIn(w)).toHaveLength(3);
    });

    it('is finished by a retry after a crash, without a message or a shilling twice', async () => {
      const dead = batchWorld();
      const asked: Asked[] = Array.from({ length: 200 }, (_, n) => (n % 7 === 0 ? { key: `item-${n}` } : {}));
      // The process dies with its 130th append: what it has written stands, and it hears of nothing any more.
      let appends = 0;
      dead.store.append = function (this: typeof dead.store, ...given) {
        appends += 1;
        return appends > 130 ? new Promise(() => undefined) : Object.getPrototypeOf(this).append.apply(this, given);
      };
      void dead.send(asked, batchKey());
      while (appends <= 130) await new Promise((resolve) => setImmediate(resolve));
      Reflect.deleteProperty(dead.store, 'append');
      const before = queuedIn(dead).length;
      expect(before).toBeGreaterThan(50);
      // Its claim has run out; the answers to single items are still in Redis.
      for (const [key, { response }] of dead.admission.kept) if (response === null) dead.admission.kept.delete(key);

      const w = batchWorld(dead);
      const { batchId, outcomes, replayed } = await w.send(asked, batchKey());
      expect([batchId, replayed]).toEqual([batchIdOf(), false]);
      expect(codes(outcomes)).toEqual(asked.map(() => 'accepted'));
      expect(new Set(idsOf(outcomes)).size).toBe(200);
      expect(queuedIn(w)).toHaveLength(200);
      expect(await w.send(asked, batchKey())).toEqual({ batchId, outcomes, replayed: true });
    });

    it('gets no 429 once it is answered, and leaves its key free where it failed', async () => {
      const w = batchWorld();
      const first = await w.send(ordinary(2), batchKey());
      w.admission.next = { kind: 'rate_limited', retryAfterSeconds: 1, limit: 600 };
      expect(await w.send(ordinary(2), batchKey())).toEqual({ ...first, replayed: true });
      await expect(w.send(ordinary(2), batchKey('batch-2'))).rejects.toEqual(refusal('rate_limited'));
      w.admission.next = null;
      w.store.failure = new StoreUnavailable('none', 'away');
      await expect(w.send(ordinary(2), batchKey('batch-2'))).rejects.toBe(w.store.failure);
      w.store.failure = null;
      expect(codes((await w.send(ordinary(2), batchKey('batch-2'))).outcomes)).toEqual(['accepted', 'accepted']);
    });

    it('keeps its claim alive while it runs', async () => {
      const w = batchWorld();
      await w.send(ordinary(120), batchKey());
      expect(w.admission.renewed).toBe(3);
      expect(w.store.eventsOf(streams.batch(batchIdOf())).map(({ type }) => type)).toEqual([
        ...['BatchStarted', 'BatchItemsDecided', 'BatchItemsDecided', 'BatchItemsDecided'],
      ]);
    });
  });

  it('tries again what something of ours was away for, and is 503 where that does not help', async () => {
    const w = batchWorld();
    w.store.failure = new StoreUnavailable('unknown', 'away');
    setTimeout(() => (w.store.failure = null), 100);
    const { outcomes } = await w.send(ordinary(3));
    expect(codes(outcomes)).toEqual(['accepted', 'accepted', 'accepted']);
    w.wallets.failure = new DomainError('unavailable', 'The wallet cannot be written to.', [], 1);
    await expect(w.send(ordinary(1))).rejects.toEqual(refusal('unavailable'));
  }, 20_000);

  it('ends with 401 for the items behind the one at which its key was revoked', async () => {
    const w = batchWorld();
    const reserve = w.wallets.reserve.bind(w.wallets);
    let reserved = 0;
    w.wallets.reserve = (...given) => {
      reserved += 1;
      if (reserved === 70 && w.directory.record !== null) w.directory.record = { ...w.directory.record, revoked: true };
      return reserve(...given);
    };
    const { outcomes } = await w.send(ordinary(120), batchKey());
    expect(codes(outcomes)).toEqual(outcomes.map((_, n) => (n < 70 ? 'accepted' : 'unauthenticated')));
    expect(queuedIn(w)).toHaveLength(70);
  });
});
