import type { RecordedEvent } from '../../application/ports/event-store';
import type { TimelineEntry } from '../../application/ports/message-reads';
import type { MessageEvent } from '../../domain/message/events';
import { assertNever } from '../../domain/shared/decider';
import { parseMoney, toKesNumber, type MoneyString } from '../../domain/shared/money';
import { eventOf } from '../shared/event-of';

const kes = (amount: MoneyString): number => toKesNumber(parseMoney(amount));

/**
 * Every event of a message's stream but MessageAbandoned, in order, as a customer may see it: tiers, never the names of
 * our accounts, and nothing that is sealed.
 */
export function timelineOf(events: readonly RecordedEvent[]): TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  for (const recorded of events) {
    const described = describe(eventOf<MessageEvent>(recorded));
    if (described === null) continue;
    const { type, ...details } = described;
    entries.push({ type, at: recorded.metadata.at, sequence: entries.length + 1, ...details });
  }
  return entries;
}

/** Null: invisible outside. */
function describe(event: MessageEvent): { type: string; [detail: string]: unknown } | null {
  switch (event.type) {
    case 'MessageAbandoned':
      return null;
    case 'MessageQueued': {
      const { channel, encoding, segments, quote, validUntil, onUnknown } = event.data;
      return {
        type: 'message.queued',
        channel,
        provider: quote.tier,
        encoding,
        segments,
        cost_kes: kes(quote.amount),
        on_unknown: onUnknown,
        valid_until: validUntil,
      };
    }
    case 'MessageScheduled': {
      const { channel, encoding, segments, quote, sendAt, reason } = event.data;
      return {
        type: 'message.scheduled',
        channel,
        provider: quote.tier,
        encoding,
        segments,
        cost_kes: kes(quote.amount),
        send_at: sendAt,
        reason,
      };
    }
    case 'MessageRescheduled':
      return { type: 'message.rescheduled', send_at: event.data.sendAt, reason: event.data.reason };
    case 'DispatchStarted':
      return { type: 'message.dispatch_started', attempt: event.data.attempt, provider: event.data.tier };
    case 'MessageDispatched': {
      const { attempt, tier, amount, evidence, reportDeadline } = event.data;
      return {
        type: 'message.dispatched',
        attempt,
        provider: tier,
        cost_kes: kes(amount),
        evidence,
        report_deadline: reportDeadline,
      };
    }
    case 'MessageOutcomeUnknown': {
      const { attempt, tier, reason, final, charge, reportDeadline, resendAt } = event.data;
      const resend = resendAt === null ? {} : { resend_at: resendAt, may_arrive_twice: true };
      const open = final ? {} : { report_deadline: reportDeadline };
      return { type: 'message.unknown', attempt, provider: tier, reason, final, charge, ...open, ...resend };
    }
    case 'DispatchFailed': {
      const { attempt, tier, class: failureClass, code, reason, tierRefused, retryAt } = event.data;
      return {
        type: 'message.dispatch_failed',
        attempt,
        provider: tier,
        class: failureClass,
        code,
        reason,
        refused: tierRefused,
        retry_at: retryAt,
      };
    }
    case 'MessageRerouted': {
      const { fromTier, toTier, reason, amount } = event.data;
      // The tier before may have it, or had it: only prefer_delivery goes on from there.
      const twice = reason === 'unknown_outcome' || reason === 'report_failed' ? { may_arrive_twice: true } : {};
      return {
        type: 'message.rerouted',
        from_provider: fromTier,
        provider: toTier,
        reason,
        cost_kes: kes(amount),
        ...twice,
      };
    }
    case 'MessageDelivered': {
      const { attempt, tier, reportedAt, charge } = event.data;
      return { type: 'message.delivered', attempt, provider: tier, reported_at: reportedAt, charge };
    }
    case 'MessageFailed': {
      const { code, reason, permanent, attempt, tier, charge } = event.data;
      return { type: 'message.failed', code, reason, permanent, attempt, provider: tier, charge };
    }
    case 'MessageExpired':
      return { type: 'message.expired', charge: event.data.charge };
    case 'MessageCancelled':
      return { type: 'message.cancelled', charge: event.data.charge };
    case 'MessageReceived': {
      const { channel, tier, encoding, segments, keyword, receivedAt } = event.data;
      return {
        type: 'message.received',
        channel,
        provider: tier,
        encoding,
        segments,
        cost_kes: 0,
        keyword,
        received_at: receivedAt,
      };
    }
    default:
      return assertNever(event);
  }
}
