import { assertNever, type Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import type { AbandonMessage, MessageCommand, QueueMessage, ReceiveMessage, ScheduleMessage } from './commands';
import { closeAtReportDeadline, expire, recordReport } from './concluding';
import { examineClaim, recordAccepted, recordRefused, recordUnknown, startDispatch } from './dispatching';
import type { MessageEvent } from './events';
import { cancel, release, reschedule } from './scheduling';
import { evolveMessage, initialMessage, isLive, type MessageState } from './state';

/** A message's own stream: from the 202 to its end, or the one event of a text that a person has sent. */
export const messageDecider: Decider<MessageState, MessageCommand, MessageEvent> = {
  initialState: initialMessage,
  decide: decideMessage,
  evolve: evolveMessage,
};

function decideMessage(command: MessageCommand, state: MessageState): readonly MessageEvent[] {
  if (command.type === 'ReceiveMessage') return receive(command, state);
  if (state.status === 'received') return afterReceipt(command);
  if (command.type === 'QueueMessage' || command.type === 'ScheduleMessage') return accept(command, state);
  if (command.type === 'AbandonMessage') return abandon(command, state);
  if (!isLive(state)) return [];
  switch (command.type) {
    case 'RescheduleMessage':
      return reschedule(command.data, state);
    case 'CancelMessage':
      return cancel(state);
    case 'ReleaseMessage':
      return release(command.data, state);
    case 'StartDispatch':
      return startDispatch(command.data, state);
    case 'RecordAccepted':
      return recordAccepted(command.data, state);
    case 'RecordRefused':
      return recordRefused(command.data, state);
    case 'RecordUnknown':
      return recordUnknown(command.data, state);
    case 'ExamineClaim':
      return examineClaim(command.data, state);
    case 'RecordReport':
      return recordReport(command.data, state);
    case 'CloseAtReportDeadline':
      return closeAtReportDeadline(command.data, state);
    case 'Expire':
      return expire(command.data, state);
    default:
      return assertNever(command);
  }
}

/** The id is made of the provider's own, so the same text again is the same message. */
function receive({ data }: ReceiveMessage, state: MessageState): readonly MessageEvent[] {
  if (state.status === 'received') return [];
  if (state.status === 'none') return [{ type: 'MessageReceived', data }];
  throw new DomainError('conflict', 'a message that goes out has this id');
}

/** Nothing can be done with what has come; what would happen by itself does nothing. */
function afterReceipt({ type }: MessageCommand): readonly MessageEvent[] {
  if (type === 'QueueMessage' || type === 'ScheduleMessage')
    throw new DomainError('conflict', 'a message that came in has this id');
  if (type === 'CancelMessage' || type === 'RescheduleMessage')
    throw new DomainError('conflict', 'This message was received: there is nothing to send.');
  return [];
}

function accept({ type, data }: QueueMessage | ScheduleMessage, state: MessageState): readonly MessageEvent[] {
  if (isLive(state)) {
    if (state.order.reservationId === data.reservationId) return [];
    throw new DomainError('conflict', 'another request has queued this message already');
  }
  if (state.status === 'abandoned' && state.reservations.includes(data.reservationId)) {
    throw new DomainError('unavailable', 'this request took too long and its reservation was given back', [], 1);
  }
  return [type === 'QueueMessage' ? { type: 'MessageQueued', data } : { type: 'MessageScheduled', data }];
}

function abandon({ data }: AbandonMessage, state: MessageState): readonly MessageEvent[] {
  if (isLive(state)) {
    if (state.order.reservationId !== data.reservationId) return [];
    throw new DomainError('conflict', 'a message names this reservation: it stands');
  }
  const closed = state.status === 'abandoned' && state.reservations.includes(data.reservationId);
  return closed ? [] : [{ type: 'MessageAbandoned', data }];
}
