import { DomainError } from '../shared/domain-error';
import { epochMs, isoAfter, isoOf } from '../shared/instants';
import type { ReleaseMessage, RescheduleMessage } from './commands';
import type { MessageEvent } from './events';
import { mayGoAt } from './hours';
import type { LiveMessage } from './state';

export const SOONEST_MS = 1_000;
export const LATEST_MS = 180 * 86_400_000;

/** @throws DomainError validation_failed on `send_at`: less than a second or more than 180 days ahead. */
export function checkSendAt(sendAt: string, nowMs: number): void {
  const aheadMs = epochMs(sendAt) - nowMs;
  if (aheadMs >= SOONEST_MS && aheadMs <= LATEST_MS) return;
  const message = 'must be at least one second and at most 180 days ahead';
  throw new DomainError('validation_failed', `send_at ${message}`, [{ field: 'send_at', message }]);
}

/** Outside its hours, to where they begin next. @throws DomainError conflict once it is no longer waiting; validation_failed */
export function reschedule(
  { now, sendAt, hours }: RescheduleMessage['data'],
  state: LiveMessage,
): readonly MessageEvent[] {
  if (state.status !== 'scheduled') throw new DomainError('conflict', 'Only a scheduled message can be moved.');
  const { messageId, class: messageClass } = state.order;
  const wantedMs = epochMs(sendAt);
  const goesMs = mayGoAt(messageClass, hours, wantedMs);
  if (epochMs(state.sendAt) === goesMs) return [];
  checkSendAt(sendAt, epochMs(now));
  const reason = goesMs === wantedMs ? 'requested' : 'hours';
  return [{ type: 'MessageRescheduled', data: { messageId, sendAt: isoOf(goesMs), reason } }];
}

/** Until an attempt has begun. @throws DomainError conflict */
export function cancel(state: LiveMessage): readonly MessageEvent[] {
  if (state.status === 'cancelled') return [];
  const isUntouched = state.status === 'scheduled' || (state.status === 'queued' && state.attempts.length === 0);
  if (!isUntouched) throw new DomainError('conflict', 'An attempt to send this message has begun, or it has ended.');
  return [{ type: 'MessageCancelled', data: { messageId: state.order.messageId, charge: 'released' } }];
}

/** Validity runs from when it may go: outside its hours it waits on. Nothing where it is not due, or was released before. */
export function release(
  { at, candidates, refusal, hours }: ReleaseMessage['data'],
  state: LiveMessage,
): readonly MessageEvent[] {
  if (state.status !== 'scheduled' || epochMs(at) < epochMs(state.sendAt)) return [];
  const { messageId, class: messageClass } = state.order;
  const open = state.order.candidates.filter((tier) => candidates.includes(tier));
  const reason = refusal ?? (open.length > 0 ? null : NOT_REGISTERED);
  if (reason !== null) {
    const nowhere = { attempt: null, tier: null, provider: null };
    return [{ type: 'MessageFailed', data: { messageId, ...reason, permanent: true, ...nowhere, charge: 'released' } }];
  }
  const goesMs = mayGoAt(messageClass, hours, epochMs(at));
  if (goesMs > epochMs(at)) {
    return [{ type: 'MessageRescheduled', data: { messageId, sendAt: isoOf(goesMs), reason: 'hours' } }];
  }
  const from = epochMs(at) > epochMs(state.sendAt) ? at : state.sendAt;
  const validUntil = isoAfter(from, state.validForSeconds * 1_000);
  return [{ type: 'MessageQueued', data: { ...state.order, candidates: open, validUntil } }];
}

const NOT_REGISTERED = { code: 'sender_id_not_registered', reason: 'the sender is no longer approved at any tier' };
