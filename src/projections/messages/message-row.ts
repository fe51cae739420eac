import type { RecordedEvent } from '../../application/ports/event-store';
import type { MessageStatus } from '../../application/ports/message-status';
import type { ChargeState, Encoding, MessageClass, MessageEvent, OnUnknown } from '../../domain/message/events';
import type { Tier } from '../../domain/routing/tiers';
import { assertNever } from '../../domain/shared/decider';
import type { Mode } from '../../domain/shared/event';
import { epochMs, isoAfter } from '../../domain/shared/instants';
import type { MoneyString } from '../../domain/shared/money';
import type { Sealed } from '../../domain/shared/sealed';
import { eventOf } from '../shared/event-of';

export interface MessageErrorState {
  readonly code: string;
  readonly message: string;
  readonly permanent: boolean;
}

/** A row of `messages`, member for column. Money: decimal strings of 1/10 000 KES. Times: ISO. */
export interface MessageRow {
  readonly message_id: string;
  /** Of the last event in it. */
  readonly revision: string;
  readonly customer_id: string;
  readonly mode: Mode;
  readonly direction: 'outbound' | 'inbound';
  readonly channel: 'sms';
  readonly class: MessageClass;
  readonly subject_id: string;
  /** The person's number, whichever way the message went. */
  readonly recipient: Sealed;
  readonly body: Sealed;
  /** Ours: the sender ID, or the inbound number. */
  readonly sender: string;
  readonly encoding: Encoding;
  readonly segments: number;
  readonly on_unknown: OnUnknown;
  readonly prices: { readonly [tier in Tier]?: MoneyString };
  readonly client_reference: string | null;
  readonly batch_id: string | null;
  readonly send_at: string | null;
  /** Null of what came in. */
  readonly valid_until: string | null;
  readonly created_at: string;
  readonly status: MessageStatus;
  readonly final: boolean;
  readonly tier: Tier;
  readonly amount: MoneyString;
  readonly charge: ChargeState;
  readonly error: MessageErrorState | null;
  readonly dispatched_at: string | null;
  readonly delivered_at: string | null;
}

type Of<Type extends MessageEvent['type']> = Extract<MessageEvent, { type: Type }>['data'];

export const MESSAGE_EVENTS: readonly MessageEvent['type'][] = [
  'MessageQueued',
  'MessageScheduled',
  'MessageRescheduled',
  'MessageAbandoned',
  'DispatchStarted',
  'MessageDispatched',
  'MessageOutcomeUnknown',
  'DispatchFailed',
  'MessageRerouted',
  'MessageDelivered',
  'MessageFailed',
  'MessageExpired',
  'MessageCancelled',
  'MessageReceived',
];

/**
 * What the message is after an event, for the projection and for answers straight from the stream alike. Null: nothing
 * that can be seen (no event yet, or abandoned ones only). An event that is in the row already changes nothing.
 */
export function foldMessage(row: MessageRow | null, recorded: RecordedEvent): MessageRow | null {
  const event = eventOf<MessageEvent>(recorded);
  if (row === null) {
    if (event.type === 'MessageQueued') return queued(event.data, recorded);
    if (event.type === 'MessageReceived') return received(event.data, recorded);
    return event.type === 'MessageScheduled' ? scheduled(event.data, recorded) : null;
  }
  if (recorded.revision <= BigInt(row.revision)) return row;
  const revision = recorded.revision.toString();
  return { ...row, ...change(row, event, recorded.metadata.at), revision };
}

function queued(data: Of<'MessageQueued'>, recorded: RecordedEvent): MessageRow {
  return {
    message_id: data.messageId,
    revision: recorded.revision.toString(),
    customer_id: data.customerId,
    mode: data.mode,
    direction: 'outbound',
    channel: data.channel,
    class: data.class,
    subject_id: data.subjectId,
    recipient: data.to,
    body: data.body,
    sender: data.sender,
    encoding: data.encoding,
    segments: data.segments,
    on_unknown: data.onUnknown,
    prices: data.prices,
    client_reference: data.clientReference,
    batch_id: data.batchId,
    send_at: null,
    valid_until: data.validUntil,
    created_at: recorded.metadata.at,
    status: 'queued',
    final: false,
    tier: data.quote.tier,
    amount: data.quote.amount,
    charge: 'reserved',
    error: null,
    dispatched_at: null,
    delivered_at: null,
  };
}

function scheduled(data: Of<'MessageScheduled'>, recorded: RecordedEvent): MessageRow {
  const { sendAt, validForSeconds } = data;
  const order = { ...data, validUntil: isoAfter(sendAt, validForSeconds * 1_000) };
  return { ...queued(order, recorded), status: 'scheduled', send_at: sendAt };
}

/** It was never priced, and is all that it will be. `delivered_at`: when it reached us. */
function received(data: Of<'MessageReceived'>, recorded: RecordedEvent): MessageRow {
  return {
    message_id: data.messageId,
    revision: recorded.revision.toString(),
    customer_id: data.customerId,
    mode: data.mode,
    direction: 'inbound',
    channel: data.channel,
    class: 'transactional',
    subject_id: data.subjectId,
    recipient: data.from,
    body: data.body,
    sender: data.to,
    encoding: data.encoding,
    segments: data.segments,
    on_unknown: 'never_twice',
    prices: {},
    client_reference: null,
    batch_id: null,
    send_at: null,
    valid_until: null,
    created_at: recorded.metadata.at,
    status: 'received',
    final: true,
    tier: data.tier,
    amount: '0',
    charge: 'charged',
    error: null,
    dispatched_at: null,
    delivered_at: data.receivedAt,
  };
}

/** States only go forward: nothing but `read` follows `delivered`, and nothing follows `cancelled`. */
function change(row: MessageRow, event: MessageEvent, at: string): Partial<MessageRow> {
  if (row.status === 'cancelled' || row.status === 'delivered') return {};
  switch (event.type) {
    case 'MessageQueued':
      return { status: 'queued', valid_until: event.data.validUntil };
    case 'MessageRescheduled':
      return rescheduled(row, event.data.sendAt);
    case 'MessageScheduled':
    case 'MessageAbandoned':
    case 'DispatchStarted':
    case 'DispatchFailed':
    case 'MessageReceived':
      return {};
    case 'MessageRerouted':
      return { tier: event.data.toTier, amount: event.data.amount };
    case 'MessageDispatched':
      return dispatched(row, event.data, at);
    case 'MessageOutcomeUnknown':
      return { status: 'unknown', final: event.data.final, tier: event.data.tier, ...charged(row, event.data.charge) };
    case 'MessageDelivered':
      return delivered(row, event.data);
    case 'MessageFailed': {
      const { code, reason, permanent, tier, charge } = event.data;
      const error = { code, message: reason, permanent };
      return { status: 'failed', final: true, error, tier: tier ?? row.tier, ...charged(row, charge) };
    }
    case 'MessageExpired': {
      const message = 'Its validity ended before any provider accepted it.';
      const error = { code: 'expired', message, permanent: false };
      return { status: 'expired', final: true, error, ...charged(row, event.data.charge) };
    }
    case 'MessageCancelled':
      return { status: 'cancelled', final: true, ...charged(row, event.data.charge) };
    default:
      return assertNever(event);
  }
}

/** Its validity runs from when it may go, so it moves along. */
function rescheduled(row: MessageRow, sendAt: string): Partial<MessageRow> {
  if (row.send_at === null || row.valid_until === null) return {};
  const valid_until = isoAfter(sendAt, epochMs(row.valid_until) - epochMs(row.send_at));
  return { send_at: sendAt, valid_until };
}

/** Under `prefer_delivery` the debit waits for the end, since another tier may still be the one that delivers. */
function dispatched(row: MessageRow, data: Of<'MessageDispatched'>, at: string): Partial<MessageRow> {
  return {
    status: 'dispatched',
    final: false,
    tier: data.tier,
    amount: data.amount,
    charge: row.on_unknown === 'never_twice' ? 'charged' : 'reserved',
    error: null,
    dispatched_at: row.dispatched_at ?? at,
  };
}

/** Charged at the tier that delivered; a report after the money was given back changes no money. */
function delivered(row: MessageRow, data: Of<'MessageDelivered'>): Partial<MessageRow> {
  const end = {
    status: 'delivered',
    final: true,
    tier: data.tier,
    error: null,
    delivered_at: data.reportedAt,
  } as const;
  const price = row.on_unknown === 'prefer_delivery' ? row.prices[data.tier] : undefined;
  return { ...end, ...charged({ ...row, amount: price ?? row.amount }, data.charge) };
}

/** Money that was given back costs nothing. */
const charged = (row: Pick<MessageRow, 'amount'>, charge: ChargeState): Pick<MessageRow, 'charge' | 'amount'> => ({
  charge,
  amount: charge === 'released' ? '0' : row.amount,
});
