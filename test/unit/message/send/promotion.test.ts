import { Acceptance } from '../../../../src/application/message/acceptance';
import { DuplicateGate } from '../../../../src/application/message/duplicate-gate';
import { EarlierAcceptance } from '../../../../src/application/message/earlier-acceptance';
import { MessageDrafts } from '../../../../src/application/message/message-draft';
import type { Caller, MessageRequest } from '../../../../src/application/message/message-request';
import { Offers } from '../../../../src/application/message/offers';
import { QuoteMessage, QuoteMessageHandler } from '../../../../src/application/message/quote-message';
import { SendMessage, SendMessageHandler, Sending } from '../../../../src/application/message/send-message';
import { Vetting } from '../../../../src/application/message/vetting';
import type { CustomerRecord } from '../../../../src/application/ports/customer-directory';
import { streams } from '../../../../src/domain/shared/streams';
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

const NOON = Date.parse('2026-11-29T09:00:00.000Z');
const NIGHT = Date.parse('2026-11-29T19:30:00.000Z');
const MORNING = '2026-11-30T05:00:00.000Z';

function world(nowMs: number) {
  const clock = { ...fixedClock, now: () => nowMs, iso: () => new Date(nowMs).toISOString() };
  const [store, wallets, vault, admission] = [
    ...([new MemoryStore(), new MemoryWallets(), new PlainVault(), new MemoryAdmission()] as const),
  ];
  const ids = new CountingIds();
  const foreign = (): { kind: 'mobile'; country: string } => ({ kind: 'mobile', country: 'US' });
  const drafts = new MessageDrafts(clock, ids, configuration, { foreign }, vault);
  const [vetting, offers] = [new Vetting(configuration, quiet), new Offers(configuration, new StillHealth())];
  const earlier = new EarlierAcceptance(store, vault);
  const acceptance = new Acceptance(store, wallets, vault, ids, earlier, quiet);
  const gate = new DuplicateGate(admission, clock);
  const sending = new Sending(drafts, gate, vetting, offers, acceptance, earlier);
  const sender = new SendMessageHandler(drafts, gate, sending);
  const quoter = new QuoteMessageHandler(drafts, admission, vetting, offers, wallets);
  const send = (change: Partial<MessageRequest> = {}, who: Partial<CustomerRecord> = {}) =>
    sender.execute(new SendMessage(caller(who), promotion(change), null));
  const quote = (change: Partial<MessageRequest> = {}) => quoter.execute(new QuoteMessage(caller(), promotion(change)));
  const first = (messageId: string) => store.eventsOf(streams.message(messageId))[0];
  return { wallets, admission, store, send, quote, first };
}

const caller = (change: Partial<CustomerRecord> = {}): Caller => ({
  customer: customer(change),
  keyId: 'KEY1',
  mode: 'live',
  requestId: 'req_1',
});

const promotion = (change: Partial<MessageRequest> = {}): MessageRequest => ({
  to: '0712 345 678',
  body: 'Sale today!',
  senderId: 'DUKA',
  validForSeconds: 600,
  onUnknown: null,
  clientReference: null,
  encoding: null,
  maxSegments: null,
  maxCost: null,
  sendAt: null,
  class: 'promotional',
  ...change,
});

describe('a promotional message', () => {
  it('goes at once within its hours, with how to opt out', async () => {
    const w = world(NOON);
    const { response } = await w.send();
    expect(response).toMatchObject({ status: 'queued', provider: 'tier_1' });
    expect(w.first(response.message_id)).toMatchObject({
      type: 'MessageQueued',
      data: { class: 'promotional', sender: 'DUKA', body: { ct: 'Sale today! STOP*456*9*5#' }, segments: 1 },
    });
  });

  it.each([
    ['at night', NIGHT, null],
    ['asked for a time of the night', NOON, '2026-11-29T20:00:00.000Z'],
  ])('waits for the morning %s, its money reserved', async (_when, nowMs, sendAt) => {
    const w = world(nowMs);
    const { response } = await w.send({ sendAt });
    expect(response).toMatchObject({ status: 'scheduled', send_at: MORNING, cost_kes: 0.8 });
    expect(w.wallets.open_.size).toBe(1);
    expect(w.first(response.message_id)).toMatchObject({
      type: 'MessageScheduled',
      data: { sendAt: MORNING, reason: 'hours', validForSeconds: 600, class: 'promotional' },
    });
  });

  it('keeps a time that was asked for within its hours, and refuses one in the past', async () => {
    const w = world(NIGHT);
    const sendAt = '2026-11-30T09:00:00.000Z';
    const { response } = await w.send({ sendAt });
    expect(w.first(response.message_id)).toMatchObject({ data: { sendAt, reason: 'requested' } });
    // It would have been moved to the morning, which lies ahead.
    const past = w.send({ sendAt: '2026-11-29T19:00:00.000Z' });
    await expect(past).rejects.toMatchObject({ code: 'validation_failed', fields: [{ field: 'send_at' }] });
  });

  it('is refused to who has opted out of its sender, and nothing is kept', async () => {
    const w = world(NOON);
    w.admission.signals = { block: 'none', recipientPerMinute: 0, optedOut: true };
    await expect(w.send()).rejects.toMatchObject({ code: 'recipient_opted_out' });
    expect([w.wallets.open_.size, w.store.appended.length]).toEqual([0, 0]);
    expect(w.admission.asked).toMatchObject({ promotionFrom: 'DUKA' });
    expect(await w.quote()).toMatchObject({ refusal: 'recipient_opted_out', offer: { tier: 'tier_1' } });
  });

  it('asks for opt-outs of the default sender where none is named, and for none where it is no promotion', async () => {
    const w = world(NOON);
    await w.send({ senderId: null }, { defaultSender: 'DUKA' });
    expect(w.admission.asked).toMatchObject({ promotionFrom: 'DUKA' });
    await w.send({ senderId: 'WAHT', class: 'transactional' });
    expect(w.admission.asked).toMatchObject({ promotionFrom: null });
  });

  it.each<[string, Partial<MessageRequest>, string]>([
    ['by a transactional sender', { senderId: 'WAHT' }, 'is registered for transactional messages'],
    ['left to a transactional default', { senderId: null }, 'is registered for transactional messages'],
    ['by nobody known', { senderId: 'NOBODY' }, 'is not approved'],
    ['of the other class', { class: 'transactional' }, 'is registered for promotional messages'],
  ])('is refused %s', async (_how, change, message) => {
    const w = world(NOON);
    const refused = { code: 'sender_id_not_registered', fields: [{ message: expect.stringContaining(message) }] };
    await expect(w.send(change)).rejects.toMatchObject(refused);
    expect(await w.quote(change)).toMatchObject({ refusal: 'sender_id_not_registered', offer: null });
    expect(w.wallets.open_.size).toBe(0);
  });

  it('is quoted as it is sent: text, segments, price and time', async () => {
    const w = world(NIGHT);
    const body = 'a'.repeat(147);
    const quote = await w.quote({ body });
    expect(quote).toMatchObject({
      text: `${body} STOP*456*9*5#`,
      segmentation: { segments: 2 },
      offer: { amount: 16_000n },
      sendAt: MORNING,
      deferred: true,
      refusal: null,
    });
    const { response } = await w.send({ body });
    expect(w.first(response.message_id)).toMatchObject({
      data: { segments: quote.segmentation.segments, body: { ct: quote.text }, sendAt: quote.sendAt },
    });
    expect(response.cost_kes).toBe(1.6);
    expect(await world(NOON).quote()).toMatchObject({ sendAt: null, deferred: false });
  });
});
