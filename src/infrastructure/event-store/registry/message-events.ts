import { Type } from '@sinclair/typebox';
import { first, second, type Upcaster } from './event-definition';
import {
  amount,
  chargeState,
  count,
  exact,
  flag,
  instant,
  list,
  messageClass,
  mode,
  oneOf,
  orNull,
  sealed,
  text,
  tier,
} from './schema-parts';

const attempt = { messageId: text, attempt: count, tier, provider: text };

const HEALTH = ['healthy', 'returning', 'trial', 'trial_out', 'away', 'shut', 'absent'] as const;
const standing = exact({ health: oneOf(...HEALTH), share: Type.Optional(count) });
/** How each tier stood when routing looked. */
const standings = Type.Object(
  { tier_1: Type.Optional(standing), tier_2: Type.Optional(standing), tier_3: Type.Optional(standing) },
  {
    additionalProperties: false,
    description: `by tier: \`health\` (\`"${HEALTH.join('"`, `"')}"\`) and of a returning one \`share\`, percent`,
  },
);

/** What was ordered. */
const order = {
  messageId: text,
  customerId: text,
  mode,
  channel: oneOf('sms'),
  class: messageClass,
  subjectId: text,
  to: sealed,
  body: sealed,
  sender: text,
  encoding: oneOf('gsm7', 'ucs2'),
  segments: count,
  country: text,
  network: orNull(text),
  candidates: Type.Array(tier, { minItems: 1 }),
  priceListId: text,
  priceListVersion: count,
  prices: exact({
    tier_1: Type.Optional(amount),
    tier_2: Type.Optional(amount),
    tier_3: Type.Optional(amount),
  }),
  quote: exact({ tier, amount }),
  reservationId: text,
  onUnknown: oneOf('never_twice', 'prefer_delivery'),
  maxCost: orNull(amount),
  clientReference: orNull(Type.String()),
  batchId: orNull(text),
  routing: orNull(standings),
  risk: orNull(
    exact({ score: Type.Number({ minimum: 0 }), reasons: list(text), perMinute: count, perMinuteLimit: count }),
  ),
  requestDigest: orNull(sealed),
};

/** Before networks had prices of their own, before there were batches, and before anything was noted of the decision. */
const alone: Upcaster = (data) => ({ ...data, network: null, batchId: null, routing: null, risk: null });

/** Before refusals that do not end a message were noted in our words too. */
const inOwnWords: Upcaster = (data) => ({ ...data, failureCode: null });

/** Streams `message-{msg_}`. */
export const messageEvents = {
  MessageQueued: second(
    'A message was accepted, its money reserved; holds all that dispatch needs.',
    exact({ ...order, validUntil: instant }),
    alone,
  ),
  MessageScheduled: second(
    'A message was accepted for later: its money is reserved, its price list fixed. MessageQueued follows when it is due.',
    exact({ ...order, sendAt: instant, reason: oneOf('requested', 'hours'), validForSeconds: count }),
    alone,
  ),
  MessageRescheduled: second(
    'A message that waits was moved to another time: as the customer asked, or to the permitted hours.',
    exact({ messageId: text, sendAt: instant, reason: oneOf('requested', 'hours') }),
    (data) => ({ ...data, reason: 'requested' }),
  ),
  MessageAbandoned: first(
    'No MessageQueued will ever name this reservation: its money may go back. Invisible outside.',
    exact({ messageId: text, reservationId: text }),
  ),
  DispatchStarted: first(
    'A claim: only the consumer whose append of it was accepted calls the provider.',
    exact({ ...attempt, startedAt: instant, deadlineMs: count }),
  ),
  MessageDispatched: first(
    'The provider accepted it.',
    exact({
      ...attempt,
      providerMessageId: text,
      amount,
      providerCost: orNull(Type.String()),
      reportDeadline: instant,
      evidence: oneOf('answer', 'report', 'query'),
    }),
  ),
  MessageOutcomeUnknown: first(
    'A provider may have it: the call ended without an answer, a claim aged without an outcome, or no report came in time.',
    exact({
      ...attempt,
      reason: oneOf('no_answer', 'claim_without_outcome', 'no_report'),
      final: flag,
      charge: chargeState,
      reportDeadline: instant,
      resendAt: orNull(instant),
    }),
  ),
  DispatchFailed: second(
    'The provider refused the attempt, or it was never made.',
    exact({
      ...attempt,
      class: oneOf('R', 'F', 'F!', 'P'),
      scope: orNull(oneOf('account', 'sender', 'destination')),
      code: text,
      failureCode: orNull(text),
      reason: Type.String(),
      tierRefused: flag,
      retryAt: orNull(instant),
    }),
    inOwnWords,
  ),
  MessageRerouted: first(
    'It goes on at another tier; the reservation covers that tier’s price.',
    exact({
      messageId: text,
      fromTier: tier,
      toTier: tier,
      reason: oneOf(
        'refused',
        'retries_exhausted',
        'tier_unavailable',
        'unknown_outcome',
        'report_failed',
        'cheaper_tier',
      ),
      amount,
    }),
  ),
  MessageDelivered: first(
    'A genuine report says that the handset has it.',
    exact({ ...attempt, providerMessageId: text, reportedAt: instant, charge: chargeState }),
  ),
  MessageFailed: first(
    'Final and negative.',
    exact({
      messageId: text,
      code: text,
      reason: Type.String(),
      permanent: flag,
      attempt: orNull(count),
      tier: orNull(tier),
      provider: orNull(text),
      charge: chargeState,
    }),
  ),
  MessageExpired: first(
    'Its validity ended before any provider accepted it.',
    exact({ messageId: text, charge: chargeState }),
  ),
  MessageCancelled: first('Withdrawn before any attempt had begun.', exact({ messageId: text, charge: chargeState })),
  MessageReceived: first(
    'A person sent a text to a number of the customer’s: the first event of its stream, and the last.',
    exact({
      messageId: text,
      customerId: text,
      mode,
      channel: oneOf('sms'),
      subjectId: text,
      from: sealed,
      body: sealed,
      to: text,
      keyword: orNull(text),
      encoding: oneOf('gsm7', 'ucs2'),
      segments: count,
      tier,
      provider: text,
      providerMessageId: orNull(text),
      receivedAt: instant,
    }),
  ),
};
