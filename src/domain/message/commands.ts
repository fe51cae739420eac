import type { MessageAbandoned, MessageQueued } from './events';

/** A request was accepted: checks done, money reserved. */
export interface QueueMessage {
  readonly type: 'QueueMessage';
  readonly data: MessageQueued['data'];
}

/** No message will ever name this reservation: closes the id for it. */
export interface AbandonMessage {
  readonly type: 'AbandonMessage';
  readonly data: MessageAbandoned['data'];
}

export type MessageCommand = QueueMessage | AbandonMessage;
