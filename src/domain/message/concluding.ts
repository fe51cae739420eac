import { epochMs } from '../shared/instants';
import { lastAccepted, openTiers } from './candidates';
import type { CloseAtReportDeadline, Expire, RecordReport } from './commands';
import { dispatchedEvent, failedEvent } from './dispatching';
import type { MessageEvent, MessageOutcomeUnknown } from './events';
import { evolveMessage, findAttempt, isLive, isTerminal, type Attempt, type LiveMessage } from './state';

/** The attempt that a report is about: by its provider's id, or the unknown one that it settles. */
function reportedAttempt({ provider, providerMessageId, attempt }: RecordReport['data'], state: LiveMessage) {
  const byId = state.attempts.find((one) => one.provider === provider && one.providerMessageId === providerMessageId);
  if (byId !== undefined || attempt === null) return byId;
  const settles = findAttempt(state, attempt);
  return settles?.provider === provider && settles.result.kind === 'unknown' ? settles : undefined;
}

/** Only forwards: a positive report lifts what had ended otherwise; no money moves by it, and nothing follows delivery. */
export function recordReport(data: RecordReport['data'], state: LiveMessage): readonly MessageEvent[] {
  const attempt = reportedAttempt(data, state);
  if (attempt === undefined || state.status === 'delivered' || state.status === 'cancelled') return [];
  if (isTerminal(state)) return data.outcome === 'delivered' ? [delivered(data, state, attempt)] : [];
  const events: MessageEvent[] = [];
  let settled = state;
  if (attempt.result.kind === 'unknown') {
    const { providerMessageId, graceSeconds } = data;
    const known = { providerMessageId, providerCost: null, evidence: 'report', graceSeconds } as const;
    const event = dispatchedEvent(state, attempt, known);
    events.push(event);
    const after = evolveMessage(state, event);
    if (isLive(after)) settled = after;
  }
  if (data.outcome === 'delivered') events.push(delivered(data, settled, attempt));
  if (data.outcome === 'failed') events.push(...negative(data, settled, attempt));
  return events;
}

function delivered(data: RecordReport['data'], state: LiveMessage, attempt: Attempt): MessageEvent {
  const { number, tier, provider } = attempt;
  const { providerMessageId, reportedAt } = data;
  // Accepted and not charged yet happens under prefer_delivery, which charges when it is final; that is now.
  const charge = state.charge === 'reserved' ? 'charged' : state.charge;
  return {
    type: 'MessageDelivered',
    data: {
      messageId: state.order.messageId,
      attempt: number,
      tier,
      provider,
      providerMessageId,
      reportedAt,
      charge,
    },
  };
}

function negative(data: RecordReport['data'], state: LiveMessage, attempt: Attempt): readonly MessageEvent[] {
  const current = findAttempt(state, attempt.number);
  if (current?.result.kind !== 'accepted') return [];
  const failed = failedEvent(state, current, {
    code: data.failureCode,
    reason: data.reason,
    permanent: data.permanent,
  });
  if (state.order.onUnknown === 'never_twice' || data.class === null) return [failed];
  const { number, tier, provider } = current;
  const refused: MessageEvent = {
    type: 'DispatchFailed',
    data: {
      messageId: state.order.messageId,
      attempt: number,
      tier,
      provider,
      scope: null,
      retryAt: null,
      class: data.class === 'U' ? 'F' : data.class,
      code: data.failureCode,
      reason: data.reason,
      failureCode: data.failureCode,
      tierRefused: true,
    },
  };
  const after = evolveMessage(state, refused);
  if (!isLive(after)) return [failed];
  // Another attempt may still deliver it: this one alone has ended.
  if (after.status !== 'queued') return data.class === 'P' ? [failed] : [refused];
  const goesOn =
    (data.class === 'R' || data.class === 'F') &&
    openTiers(after).length > 0 &&
    epochMs(data.reportedAt) < epochMs(state.order.validUntil);
  return goesOn ? [refused] : [failed];
}

/** Without a report by the deadline it is unknown for good: charged where a provider accepted it, released otherwise. */
export function closeAtReportDeadline(
  data: CloseAtReportDeadline['data'],
  state: LiveMessage,
): readonly MessageEvent[] {
  if (state.status !== 'dispatched' && state.status !== 'unknown') return [];
  const { reportDeadline } = state;
  if (isTerminal(state) || reportDeadline === null || epochMs(data.at) < epochMs(reportDeadline)) return [];
  const accepted = lastAccepted(state);
  const attempt = accepted ?? state.attempts.at(-1);
  if (attempt === undefined) return [];
  const { number, tier, provider } = attempt;
  const event: MessageOutcomeUnknown = {
    type: 'MessageOutcomeUnknown',
    data: {
      messageId: state.order.messageId,
      attempt: number,
      tier,
      provider,
      reason: 'no_report',
      final: true,
      charge: accepted === undefined ? 'released' : 'charged',
      reportDeadline,
      resendAt: null,
    },
  };
  return [event];
}

export function expire({ at, moneyOnly }: Expire['data'], state: LiveMessage): readonly MessageEvent[] {
  if (state.status !== 'queued' || epochMs(at) < epochMs(state.order.validUntil)) return [];
  const accepted = lastAccepted(state);
  if (accepted?.result.kind === 'refused') {
    const { code, reason } = accepted.result;
    return [failedEvent(state, accepted, { code, reason, permanent: false })];
  }
  if (moneyOnly) {
    const reason = 'no tier that the balance or max_cost_kes could carry took it while it was valid';
    return [failedEvent(state, null, { code: 'insufficient_funds', reason, permanent: false })];
  }
  return [{ type: 'MessageExpired', data: { messageId: state.order.messageId, charge: 'released' } }];
}
