import type { MessageEvent, MessageQueued, MessageReceived, MessageScheduled } from '../../src/domain/message/events';
import type { Sealed } from '../../src/domain/shared/sealed';
import { streams } from '../../src/domain/shared/streams';

export const sealed = (kid: string, text: string): Sealed => ({ kid, iv: 'iv', ct: text, tag: 'tag' });

/** An id of a message or a customer for tests: `n` in its last digits. */
export const testId = (prefix: 'msg' | 'cus' | 'rsv' | 'sub', n: number): string =>
  `${prefix}_${n.toString().padStart(26, '0')}`;

/** `MessageQueued` of an ordinary message; what a test is about is given. */
export function queued(n: number, data: Partial<MessageQueued['data']> = {}): MessageQueued {
  return {
    type: 'MessageQueued',
    data: {
      messageId: testId('msg', n),
      customerId: testId('cus', 1),
      mode: 'live',
      channel: 'sms',
      class: 'transactional',
      subjectId: testId('sub', n),
      to: sealed(testId('sub', n), `to ${n}`),
      body: sealed(testId('sub', n), `body ${n}`),
      sender: 'WAHT',
      encoding: 'gsm7',
      segments: 1,
      country: 'KE',
      network: null,
      candidates: ['tier_1', 'tier_2'],
      priceListId: 'prl_1',
      priceListVersion: 1,
      prices: { tier_1: '8000', tier_2: '10000' },
      quote: { tier: 'tier_1', amount: '8000' },
      reservationId: testId('rsv', n),
      onUnknown: 'never_twice',
      maxCost: null,
      clientReference: null,
      batchId: null,
      routing: null,
      risk: null,
      validUntil: '2026-11-23T06:00:00.000Z',
      requestDigest: null,
      ...data,
    },
  };
}

/** The same, to be sent at 2026-11-22T08:00:00Z and valid for an hour from then on. */
export function scheduled(n: number): MessageScheduled {
  const { validUntil: _, ...data } = queued(n).data;
  const sendAt = '2026-11-22T08:00:00.000Z';
  return { type: 'MessageScheduled', data: { ...data, sendAt, validForSeconds: 3_600, reason: 'requested' } };
}

/** A text that person `n` sent to a short code. */
export const received = (n: number, data: Partial<MessageReceived['data']> = {}): MessageReceived => ({
  type: 'MessageReceived',
  data: {
    messageId: testId('msg', n),
    customerId: testId('cus', 1),
    mode: 'live',
    channel: 'sms',
    to: '22384',
    subjectId: testId('sub', n),
    from: sealed(testId('sub', n), `from ${n}`),
    body: sealed(testId('sub', n), `text ${n}`),
    keyword: null,
    encoding: 'gsm7',
    segments: 1,
    tier: 'tier_1',
    provider: 'sim-tier_1',
    providerMessageId: `MO${n}`,
    receivedAt: '2026-11-22T05:59:59.900Z',
    ...data,
  },
});

type Of<Type extends MessageEvent['type']> = Extract<MessageEvent, { type: Type }>;

/** Events of message `n`, at `tier_1` unless said otherwise. */
export const messageEvents = (n: number) => {
  const messageId = testId('msg', n);
  const stream = streams.message(messageId);
  return {
    messageId,
    stream,
    started: (attempt = 1, tier: 'tier_1' | 'tier_2' = 'tier_1'): Of<'DispatchStarted'> => ({
      type: 'DispatchStarted',
      data: {
        messageId,
        attempt,
        tier,
        provider: `sim-${tier}`,
        startedAt: '2026-11-22T06:00:01.000Z',
        deadlineMs: 10_000,
      },
    }),
    dispatched: (attempt = 1, tier: 'tier_1' | 'tier_2' = 'tier_1', amount = '8000'): Of<'MessageDispatched'> => ({
      type: 'MessageDispatched',
      data: {
        messageId,
        attempt,
        tier,
        provider: `sim-${tier}`,
        providerMessageId: `ATX${n}`,
        amount,
        providerCost: 'KES 0.4000',
        reportDeadline: '2026-11-23T06:10:00.000Z',
        evidence: 'answer',
      },
    }),
    delivered: (
      attempt = 1,
      tier: 'tier_1' | 'tier_2' = 'tier_1',
      charge: 'charged' | 'released' = 'charged',
    ): Of<'MessageDelivered'> => ({
      type: 'MessageDelivered',
      data: {
        messageId,
        attempt,
        tier,
        provider: `sim-${tier}`,
        providerMessageId: `ATX${n}`,
        reportedAt: '2026-11-22T06:01:00.500Z',
        charge,
      },
    }),
    unknown: (data: Partial<Of<'MessageOutcomeUnknown'>['data']> = {}): Of<'MessageOutcomeUnknown'> => ({
      type: 'MessageOutcomeUnknown',
      data: {
        messageId,
        attempt: 1,
        tier: 'tier_1',
        provider: 'sim-tier_1',
        reason: 'no_answer',
        final: false,
        charge: 'reserved',
        reportDeadline: '2026-11-23T06:10:00.000Z',
        resendAt: null,
        ...data,
      },
    }),
    refused: (data: Partial<Of<'DispatchFailed'>['data']> = {}): Of<'DispatchFailed'> => ({
      type: 'DispatchFailed',
      data: {
        messageId,
        attempt: 1,
        tier: 'tier_1',
        provider: 'sim-tier_1',
        class: 'F',
        scope: null,
        code: '403',
        failureCode: 'no_route',
        reason: 'not carried',
        tierRefused: true,
        retryAt: null,
        ...data,
      },
    }),
    rerouted: (data: Partial<Of<'MessageRerouted'>['data']> = {}): Of<'MessageRerouted'> => ({
      type: 'MessageRerouted',
      data: { messageId, fromTier: 'tier_1', toTier: 'tier_2', reason: 'refused', amount: '10000', ...data },
    }),
    failed: (data: Partial<Of<'MessageFailed'>['data']> = {}): Of<'MessageFailed'> => ({
      type: 'MessageFailed',
      data: {
        messageId,
        code: 'unknown_subscriber',
        reason: 'The number is not in use.',
        permanent: true,
        attempt: 1,
        tier: 'tier_1',
        provider: 'sim-tier_1',
        charge: 'charged',
        ...data,
      },
    }),
    expired: (): Of<'MessageExpired'> => ({ type: 'MessageExpired', data: { messageId, charge: 'released' } }),
    abandoned: (reservation: number): Of<'MessageAbandoned'> => ({
      type: 'MessageAbandoned',
      data: { messageId, reservationId: testId('rsv', reservation) },
    }),
  };
};
