import { StoreUnavailable } from '../../../../src/application/ports/event-store';
import { Acceptance } from '../../../../src/application/message/acceptance';
import { DuplicateGate } from '../../../../src/application/message/duplicate-gate';
import { EarlierAcceptance } from '../../../../src/application/message/earlier-acceptance';
import { MessageDrafts } from '../../../../src/application/message/message-draft';
import type { Caller, MessageRequest } from '../../../../src/application/message/message-request';
import { Offers } from '../../../../src/application/message/offers';
import { QuoteMessage, QuoteMessageHandler } from '../../../../src/application/message/quote-message';
import { SendMessage, SendMessageHandler, Sending } from '../../../../src/application/message/send-message';
import { Vetting } from '../../../../src/application/message/vetting';
import { DomainError } from '../../../../src/domain/shared/domain-error';
import { money } from '../../../../src/domain/shared/money';
import { streams } from '../../../../src/domain/shared/streams';
import type { MessageQueued } from '../../../../src/domain/message/events';
import {
  configuration,
  CountingIds,
  customer,
  fixedClock,
  MemoryAdmission,
  MemoryStore,
  MemoryWallets,
  PlainVault,
  quiet,
  StillHealth,
} from './fakes';

function world(firstId = 0) {
  const store = new MemoryStore();
  const wallets = new MemoryWallets();
  const vault = new PlainVault();
  const admission = new MemoryAdmission();
  const health = new StillHealth();
  const ids = new CountingIds(firstId);
  const earlier = new EarlierAcceptance(store, vault);
  const foreign = (): { kind: 'mobile'; country: string } => ({ kind: 'mobile', country: 'US' });
  const drafts = new MessageDrafts(fixedClock, ids, configuration, { foreign }, vault);
  const vetting = new Vetting(configuration, quiet);
  const offers = new Offers(configuration, health);
  const quotes = new QuoteMessageHandler(drafts, admission, vetting, offers, wallets);
  const gate = new DuplicateGate(admission, fixedClock);
  const acceptance = new Acceptance(store, wallets, vault, ids, earlier, quiet);
  const sending = new Sending(drafts, gate, vetting, offers, acceptance, earlier);
  const handler = new SendMessageHandler(drafts, gate, sending);
  return { store, wallets, vault, admission, health, ids, handler, quotes };
}

type World = ReturnType<typeof world>;

const caller = (change: Parameters<typeof customer>[0] = {}): Caller => ({
  customer: customer(change),
  keyId: 'KEY1',
  mode: 'live',
  requestId: 'req_1',
});

const request = (change: Partial<MessageRequest> = {}): MessageRequest => ({
  to: '0712 345 678',
  body: 'Your order #4821 has shipped.',
  senderId: 'WAHT',
  validForSeconds: null,
  onUnknown: null,
  clientReference: null,
  encoding: null,
  maxSegments: null,
  maxCost: null,
  sendAt: null,
  class: 'transactional',
  ...change,
});

const keyed = (digest = 'd1', who = caller(), what = request()): SendMessage =>
  new SendMessage(who, what, { key: 'order-4821', digest, keyedDigest: `keyed ${digest}` });

const unkeyed = (change: Partial<MessageRequest> = {}, who = caller()): SendMessage =>
  new SendMessage(who, request(change), null);

const KEYED_ID = new CountingIds().messageIdForKey(customer().customerId, 'live', 'messages', 'order-4821');
const KEYED_STREAM = streams.message(KEYED_ID);

const refusal = (code: string) => expect.objectContaining({ name: 'DomainError', code });

const queuedIn = (w: World, stream: string): MessageQueued['data'][] =>
  w.store
    .eventsOf(stream)
    .flatMap((event) => (event.type === 'MessageQueued' ? [event.data as MessageQueued['data']] : []));

const abandoned = (reservationId: string) =>
  ({
    id: 'a',
    event: { type: 'MessageAbandoned', data: { messageId: KEYED_ID, reservationId } },
    metadata: {
      correlationId: '',
      causationId: '',
      customerId: null,
      actor: { kind: 'system', id: 'sweeper' },
      at: '',
    },
  }) as const;

/** Redis has lost everything: the next request is admitted as if it were the first. */
const flush = (w: World): void => w.admission.kept.clear();

describe('sending a message', () => {
  it('reserves, queues and answers with tier and cost', async () => {
    const w = world();
    const { response, replayed } = await w.handler.execute(unkeyed({ clientReference: 'ref-1' }));
    expect(response).toEqual({
      message_id: expect.stringMatching(/^msg_[0-9A-Z]{26}$/),
      status: 'queued',
      provider: 'tier_1',
      cost_kes: 0.8,
    });
    expect(replayed).toBe(false);
    const [queued] = queuedIn(w, streams.message(response.message_id));
    expect(queued).toMatchObject({
      customerId: customer().customerId,
      mode: 'live',
      to: { ct: '+254712345678' },
      body: { ct: 'Your order #4821 has shipped.' },
      sender: 'WAHT',
      encoding: 'gsm7',
      segments: 1,
      country: 'KE',
      network: '63902',
      candidates: ['tier_1', 'tier_2'],
      prices: { tier_1: '8000', tier_2: '9500' },
      quote: { tier: 'tier_1', amount: '8000' },
      priceListVersion: 3,
      onUnknown: 'never_twice',
      clientReference: 'ref-1',
      batchId: null,
      routing: { tier_1: { health: 'healthy' }, tier_2: { health: 'healthy' } },
      risk: { score: 0, reasons: [], perMinute: 1, perMinuteLimit: 30 },
      validUntil: '2026-03-02T08:00:00.000Z',
      requestDigest: null,
    });
    expect([...w.wallets.open_.keys()]).toEqual([queued?.reservationId]);
    expect(w.store.appended).toEqual([expect.objectContaining({ expected: 'no_stream' })]);
    expect(w.store.reads).toBe(0);
  });

  it('makes two messages of two requests without a key', async () => {
    const w = world();
    const first = await w.handler.execute(unkeyed());
    const second = await w.handler.execute(unkeyed());
    expect(first.response.message_id).not.toBe(second.response.message_id);
    expect(w.wallets.open_.size).toBe(2);
  });

  it('quotes the tier that routing tries first, and keeps the candidates in the customer’s order', async () => {
    const w = world();
    w.health.reversed = true;
    const { response } = await w.handler.execute(unkeyed({ body: 'x'.repeat(161), validForSeconds: 60 }));
    expect(response).toMatchObject({ provider: 'tier_2', cost_kes: 1.9 });
    expect(queuedIn(w, streams.message(response.message_id))[0]).toMatchObject({
      candidates: ['tier_1', 'tier_2'],
      segments: 2,
      validUntil: '2026-03-01T08:01:00.000Z',
    });
  });

  it.each([
    ['0733 345 678', '63903', 0.9, { tier_1: '9000', tier_2: '9500' }],
    ['0712 345 678', '63902', 0.8, { tier_1: '8000', tier_2: '9500' }],
    ['0767 345 678', null, 0.8, { tier_1: '8000', tier_2: '9500' }],
  ])('keeps the network of %s, and the prices that hold for it', async (to, network, cost, prices) => {
    const w = world();
    const { response } = await w.handler.execute(unkeyed({ to }));
    expect(response).toMatchObject({ provider: 'tier_1', cost_kes: cost });
    expect(queuedIn(w, streams.message(response.message_id))[0]).toMatchObject({ network, prices });
  });

  it('takes only tiers that have an account in the key’s mode', async () => {
    const w = world();
    const who: Caller = { ...caller(), mode: 'test' };
    const { response } = await w.handler.execute(unkeyed({}, who));
    expect(queuedIn(w, streams.message(response.message_id))[0]).toMatchObject({
      mode: 'test',
      candidates: ['tier_1'],
    });
    await expect(w.handler.execute(unkeyed({ senderId: 'ACME' }, who))).rejects.toEqual(
      refusal('sender_id_not_registered'),
    );
  });

  it.each<[string, string, Partial<MessageRequest>, Parameters<typeof customer>[0]]>([
    ['a number that is none', 'validation_failed', { to: '+25471234' }, {}],
    ['an empty body', 'validation_failed', { body: '   ' }, {}],
    ['more than ten segments', 'validation_failed', { body: 'x'.repeat(1_531) }, {}],
    ['a sender that no network carries', 'validation_failed', { senderId: 'WÄHT' }, {}],
    ['a suspended account', 'customer_suspended', {}, { suspended: true }],
    ['a country that is not allowed', 'destination_not_allowed', { to: '+14155550132' }, {}],
    ['a number reserved for fraud', 'fraud_blocked', { to: '+254700000112' }, {}],
    ['a sender that is not approved', 'sender_id_not_registered', { senderId: 'OTHER' }, {}],
    ['no default sender', 'sender_id_not_registered', { senderId: null }, { defaultSender: null }],
    ['no price list', 'conflict', {}, { priceList: null }],
  ])('refuses %s', async (_what, code, change, record) => {
    const w = world();
    await expect(w.handler.execute(unkeyed(change, caller(record)))).rejects.toEqual(refusal(code));
    expect(w.wallets.open_.size).toBe(0);
    expect(w.store.appended).toEqual([]);
  });

  it('names every bad field at once', async () => {
    const w = world();
    const refused = w.handler.execute(unkeyed({ to: 'x', body: '', senderId: '!' }));
    await expect(refused).rejects.toMatchObject({
      fields: [{ field: 'to' }, { field: 'body' }, { field: 'sender_id' }],
    });
  });

  it('refuses over the velocity limit and for blocks, before any money', async () => {
    const w = world();
    w.admission.signals = { block: 'none', recipientPerMinute: 31, optedOut: false };
    await expect(w.handler.execute(unkeyed())).rejects.toEqual(refusal('fraud_blocked'));
    w.admission.signals = { block: 'recipient', recipientPerMinute: 0, optedOut: false };
    await expect(w.handler.execute(unkeyed())).rejects.toEqual(refusal('recipient_blocked'));
    w.admission.next = { kind: 'rate_limited', retryAfterSeconds: 3, limit: 600 };
    await expect(w.handler.execute(unkeyed())).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 3,
      limit: 600,
    });
    expect(w.wallets.open_.size).toBe(0);
  });

  it('leaves the reservation to the sweeper when it is not known whether the message was written', async () => {
    const w = world();
    w.store.failure = new StoreUnavailable('unknown', 'deadline');
    await expect(w.handler.execute(keyed())).rejects.toBe(w.store.failure);
    expect(w.wallets.open_.size).toBe(1);
    expect(w.admission.kept.size).toBe(0);
    w.store.failure = null;
    await expect(w.handler.execute(keyed())).resolves.toMatchObject({ replayed: false });
  });

  it('leaves the reservation to the sweeper when the recipient’s key cannot be stored', async () => {
    const w = world();
    w.vault.failure = new Error('Connection terminated');
    await expect(w.handler.execute(unkeyed())).rejects.toBe(w.vault.failure);
    expect(w.store.appended).toEqual([]);
    expect(w.wallets.open_.size).toBe(1);
  });
});

describe('an Idempotency-Key', () => {
  it('gives the message its id and its digest, and remembers the 202', async () => {
    const w = world();
    const { response } = await w.handler.execute(keyed());
    expect(response.message_id).toBe(KEYED_ID);
    expect(queuedIn(w, KEYED_STREAM)[0]).toMatchObject({ requestDigest: { ct: 'd1' } });
    expect(w.admission.kept.get('order-4821')).toMatchObject({
      digest: 'keyed d1',
      response: JSON.stringify(response),
    });
  });

  it('repeats the first 202 from Redis, and refuses another body', async () => {
    const w = world();
    const first = await w.handler.execute(keyed());
    await expect(w.handler.execute(keyed())).resolves.toEqual({ response: first.response, replayed: true });
    await expect(w.handler.execute(keyed('d2'))).rejects.toEqual(refusal('idempotency_key_reused'));
    expect(w.store.appended).toHaveLength(1);
    expect(w.wallets.open_.size).toBe(1);
  });

  it('repeats the first 202 from the log where Redis has lost it, and gives its own reservation back', async () => {
    const w = world();
    const first = await w.handler.execute(keyed());
    flush(w);
    w.health.reversed = true;
    await expect(w.handler.execute(keyed())).resolves.toEqual({ response: first.response, replayed: true });
    expect(w.wallets.released).toEqual([{ reservationId: expect.any(String), reason: 'lost_race' }]);
    expect(w.wallets.open_.size).toBe(1);
    expect(w.store.appended).toHaveLength(1);
    expect(w.admission.kept.get('order-4821')?.response).toBe(JSON.stringify(first.response));
  });

  it('refuses another body by the log where Redis has lost the first, and gives the reservation back', async () => {
    const w = world();
    await w.handler.execute(keyed());
    flush(w);
    await expect(w.handler.execute(keyed('d2'))).rejects.toEqual(refusal('idempotency_key_reused'));
    expect(w.wallets.open_.size).toBe(1);
    expect(w.admission.kept.size).toBe(0);
  });

  it('repeats the first 202 without comparing once the recipient is erased', async () => {
    const w = world();
    const first = await w.handler.execute(keyed());
    flush(w);
    w.vault.erased = true;
    await expect(w.handler.execute(keyed('d2'))).resolves.toEqual({ response: first.response, replayed: true });
  });

  it.each<[string, (w: World) => Parameters<typeof customer>[0]]>([
    ['402', (w) => ((w.wallets.available = 0n), {})],
    ['403', (w) => ((w.admission.signals = { block: 'customer', recipientPerMinute: 0, optedOut: false }), {})],
    ['403 of a suspended account', () => ({ suspended: true })],
    ['422 of a sender no longer approved', () => ({ senders: new Map() })],
    ['429', (w) => ((w.admission.next = { kind: 'rate_limited', retryAfterSeconds: 1, limit: 600 }), {})],
  ])('looks into the log before a %s', async (_status, trouble) => {
    const w = world();
    const first = await w.handler.execute(keyed());
    flush(w);
    const record = trouble(w);
    await expect(w.handler.execute(keyed('d1', caller(record)))).resolves.toEqual({
      response: first.response,
      replayed: true,
    });
    const fresh = new SendMessage(caller(record), request(), { key: 'other', digest: 'd1', keyedDigest: 'k' });
    await expect(w.handler.execute(fresh)).rejects.toBeInstanceOf(DomainError);
    expect(w.wallets.open_.size).toBe(1);
  });

  it('is free again after a refusal', async () => {
    const w = world();
    const wealth = w.wallets.available;
    w.wallets.available = 0n;
    await expect(w.handler.execute(keyed())).rejects.toEqual(refusal('insufficient_funds'));
    expect(w.admission.kept.size).toBe(0);
    w.wallets.available = wealth;
    await expect(w.handler.execute(keyed('d2'))).resolves.toMatchObject({ replayed: false });
  });

  it('lets one of a hundred at once through, with money for one, and answers all of them alike', async () => {
    const w = world();
    w.wallets.available = 8_000n;
    const results = await Promise.all(Array.from({ length: 100 }, () => w.handler.execute(keyed())));
    expect(new Set(results.map(({ response }) => JSON.stringify(response))).size).toBe(1);
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(w.store.appended).toHaveLength(1);
    expect(w.wallets.available).toBe(0n);
  });

  it('waits for a request in another process, at most five seconds', async () => {
    jest.useFakeTimers();
    const w = world();
    w.admission.next = { kind: 'pending' };
    const waiting = expect(w.handler.execute(keyed())).rejects.toMatchObject({
      code: 'in_progress',
      retryAfterSeconds: 1,
    });
    await jest.advanceTimersByTimeAsync(5_300);
    await waiting;
    // 50, 100, 200, then every 250 ms.
    expect(w.admission.admits).toBeGreaterThan(15);
    expect(w.admission.admits).toBeLessThan(30);
    jest.useRealTimers();
  });

  it('takes the answer of the other process when it comes', async () => {
    const w = world();
    w.admission.next = { kind: 'pending' };
    const waiting = w.handler.execute(keyed());
    const response = { message_id: KEYED_ID, status: 'queued', provider: 'tier_1', cost_kes: 0.8 };
    w.admission.next = { kind: 'replay', sameBody: true, response: JSON.stringify(response) };
    await expect(waiting).resolves.toEqual({ response, replayed: true });
  });
});

describe('a race for the message’s stream', () => {
  /** Another process accepts the same request between our reservation and our append. */
  const accepted = async (digest = 'd1') => {
    const other = world(1_000);
    await other.handler.execute(keyed(digest));
    const events = other.store.eventsOf(KEYED_STREAM);
    return events.map((event, i) => ({ ...abandoned('x'), id: `other ${i}`, event }));
  };

  it('is lost with the winner’s answer and nothing but its own reservation given back', async () => {
    const w = world();
    const winner = await accepted();
    w.store.beforeAppend = () => w.store.put(KEYED_STREAM, ...winner);
    w.health.reversed = true;
    await expect(w.handler.execute(keyed())).resolves.toMatchObject({
      response: { message_id: KEYED_ID, provider: 'tier_1', cost_kes: 0.8 },
      replayed: true,
    });
    expect(w.wallets.open_.size).toBe(0);
    expect(queuedIn(w, KEYED_STREAM)).toHaveLength(1);
  });

  it('still answers when the reservation cannot be given back now', async () => {
    const w = world();
    const winner = await accepted();
    w.store.beforeAppend = () => {
      w.store.put(KEYED_STREAM, ...winner);
      w.wallets.failure = new DomainError('unavailable', 'busy');
    };
    await expect(w.handler.execute(keyed())).resolves.toMatchObject({ replayed: true });
    expect(w.wallets.open_.size).toBe(1);
  });

  it('goes on behind an id that was closed for another reservation', async () => {
    const w = world();
    w.store.put(KEYED_STREAM, abandoned('rsv_other'));
    await expect(w.handler.execute(keyed())).resolves.toMatchObject({
      response: { message_id: KEYED_ID },
      replayed: false,
    });
    expect(w.store.appended.at(-1)).toMatchObject({ expected: 0n });
    expect(w.store.eventsOf(KEYED_STREAM).map(({ type }) => type)).toEqual(['MessageAbandoned', 'MessageQueued']);
  });

  it.each([
    ['keyed', keyed()],
    ['without a key', unkeyed()],
  ])('answers 503 and appends nothing where its own reservation was given up (%s)', async (_kind, command) => {
    const w = world();
    w.store.beforeAppend = () => {
      const [reservationId = ''] = w.wallets.open_.keys();
      const probe = new CountingIds();
      const id = command.idempotency === null ? probe.next('msg') : KEYED_ID;
      w.store.put(streams.message(id), abandoned(reservationId));
    };
    await expect(w.handler.execute(command)).rejects.toEqual(refusal('unavailable'));
    expect(w.store.appended).toEqual([]);
  });

  it('knows its own event where the answer to its append was lost', async () => {
    const w = world();
    const append = w.store.append.bind(w.store);
    w.store.append = async (stream, expected, events) => {
      await append(stream, expected, events);
      return append(stream, expected, events);
    };
    await expect(w.handler.execute(keyed())).resolves.toMatchObject({ replayed: false });
    expect(queuedIn(w, KEYED_STREAM)).toHaveLength(1);
    expect(w.wallets.open_.size).toBe(1);
  });

  it('gives up after five rounds', async () => {
    const w = world();
    let n = 0;
    const disturb = () => {
      w.store.put(KEYED_STREAM, abandoned(`rsv_${n++}`));
      w.store.beforeAppend = disturb;
    };
    w.store.beforeAppend = disturb;
    await expect(w.handler.execute(keyed())).rejects.toEqual(refusal('unavailable'));
    expect(n).toBe(5);
  });
});

describe('the wishes of a customer for a message', () => {
  const CURLY = 'It’s shipped…';

  it('sends what transliteration made of it', async () => {
    const w = world();
    const { response } = await w.handler.execute(unkeyed({ body: CURLY, encoding: 'transliterate' }));
    const [queued] = queuedIn(w, streams.message(response.message_id));
    expect(queued).toMatchObject({ encoding: 'gsm7', segments: 1 });
    if (queued === undefined) throw new Error('nothing was queued');
    expect(await w.vault.open([queued.body])).toEqual(["It's shipped..."]);
  });
  it('refuses what is not GSM-7 under strict, naming the characters', async () => {
    const w = world();
    await expect(w.handler.execute(unkeyed({ body: CURLY, encoding: 'strict' }))).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ field: 'body', message: expect.stringContaining('U+2019, U+2026') }],
    });
  });
  it('refuses more segments than it may take', async () => {
    const w = world();
    await expect(w.handler.execute(unkeyed({ body: 'a'.repeat(161), maxSegments: 1 }))).rejects.toMatchObject({
      fields: [{ field: 'body', message: expect.stringContaining('2 segments') }],
    });
    await w.handler.execute(unkeyed({ body: 'a'.repeat(160), maxSegments: 1 }));
  });
  it('keeps to tiers within max_cost_kes, and refuses where there is none', async () => {
    const w = world();
    w.health.reversed = true;
    const { response } = await w.handler.execute(unkeyed({ maxCost: money(8_000n) }));
    expect(response).toMatchObject({ provider: 'tier_1', cost_kes: 0.8 });
    const [queued] = queuedIn(w, streams.message(response.message_id));
    expect(queued?.maxCost).toBe('8000');
    await expect(w.handler.execute(unkeyed({ maxCost: money(7_999n) }))).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ field: 'max_cost_kes', message: expect.stringContaining('KES 0.8') }],
    });
    expect(w.wallets.open_.size).toBe(1);
  });
});

describe('a scheduled message asked for again with its key', () => {
  it('gets its first answer, also when its time has passed and Redis has lost it', async () => {
    const w = world();
    const at = (ms: number): string => new Date(fixedClock.now() + ms).toISOString();
    const first = await w.handler.execute(keyed('d1', caller(), request({ sendAt: at(60_000) })));
    expect(first.response).toMatchObject({ status: 'scheduled' });
    const late = keyed('d1', caller(), request({ sendAt: at(-60_000) }));
    expect(await w.handler.execute(late)).toEqual({ response: first.response, replayed: true });
    flush(w);
    expect(await w.handler.execute(late)).toEqual({ response: first.response, replayed: true });
    const other = unkeyed({ sendAt: at(-60_000) });
    await expect(w.handler.execute(other)).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

describe('a quote', () => {
  const quote = (w: World, change: Partial<MessageRequest> = {}, who = caller()) =>
    w.quotes.execute(new QuoteMessage(who, request(change)));

  it('says how it would travel and what it would cost, and writes nothing', async () => {
    const w = world();
    const { segmentation, offending, offer, refusal } = await quote(w, { body: 'Habari ’' });
    expect(segmentation).toMatchObject({ encoding: 'ucs2', segments: 1 });
    expect(offending).toEqual([{ character: '’', codePoint: 'U+2019', replacement: "'" }]);
    expect(offer).toMatchObject({ tier: 'tier_1', amount: 8_000n });
    expect(refusal).toBeNull();
    expect([w.admission.admits, w.wallets.open_.size, w.store.appended.length]).toEqual([0, 0, 0]);
  });
  it('has the prices of the recipient’s network', async () => {
    const { network, offer } = await quote(world(), { to: '0733 345 678' });
    expect([network, offer?.prices]).toEqual(['63903', { tier_1: 9_000n, tier_2: 9_500n }]);
  });
  it('names what sending it would meet, still with its price', async () => {
    const w = world();
    w.admission.signals = { block: 'recipient', recipientPerMinute: 1, optedOut: false };
    expect(await quote(w)).toMatchObject({ refusal: 'recipient_blocked', offer: { tier: 'tier_1' } });
    w.admission.signals = { block: 'none', recipientPerMinute: 1, optedOut: false };
    expect(await quote(w, {}, caller({ suspended: true }))).toMatchObject({ refusal: 'customer_suspended' });
    expect(await quote(w, { senderId: 'NOBODY' })).toMatchObject({ refusal: 'sender_id_not_registered', offer: null });
    w.wallets.available = 7_999n;
    expect(await quote(w)).toMatchObject({ refusal: 'insufficient_funds', offer: { amount: 8_000n } });
  });
});
