import type { Mode } from '../../domain/shared/event';
import type { MessageStatus } from './message-status';
import type { MessageWhy } from './message-why';

export const MESSAGE_READS = Symbol('MessageReads');

/** The resource of the REST contract. Money in KES as a number, times RFC 3339 UTC, phones E.164. */
export interface MessageView {
  message_id: string;
  mode: Mode;
  direction: 'outbound' | 'inbound';
  to: string;
  from: string;
  channel: 'sms';
  body: string;
  class: string;
  status: MessageStatus;
  final: boolean;
  provider: string;
  encoding: string;
  segments: number;
  cost_kes: number;
  charge: 'reserved' | 'charged' | 'released';
  error: { code: string; message: string; permanent: boolean } | null;
  client_reference: string | null;
  send_at: string | null;
  /** Null of what came in. */
  valid_until: string | null;
  created_at: string;
  dispatched_at: string | null;
  delivered_at: string | null;
}

export interface TimelineEntry {
  type: string;
  at: string;
  /** Position in the message's own history, from 1; events never shown leave no gap. */
  sequence: number;
  [detail: string]: unknown;
}

export interface MessageFilter {
  readonly status?: MessageStatus;
  readonly channel?: 'sms';
  /** E.164; of what came in, the inbound number. */
  readonly to?: string;
  readonly direction?: 'outbound' | 'inbound';
  readonly clientReference?: string;
  readonly batchId?: string;
  /** ISO, inclusive. */
  readonly createdFrom?: string;
  /** ISO, exclusive. */
  readonly createdTo?: string;
}

export interface Page<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
}

/** What every id is answered with that is none of this customer's, in this mode. */
export const NO_SUCH_MESSAGE = 'There is no message with this id.';

/**
 * Reads of one customer in one mode; another's id is as one that never was: NotYours is answered as null is.
 * `asOf` (ISO, inclusive): as it was at that instant of the store's clock, which its stream tells.
 */
export interface MessageReads {
  /** From the read model; where it has not come yet, from the stream. Null: no such message. @throws NotYours */
  find(customerId: string, mode: Mode, messageId: string, asOf?: string): Promise<MessageView | null>;
  /** Newest first. @throws DomainError invalid_cursor */
  list(
    customerId: string,
    mode: Mode,
    filter: MessageFilter,
    limit: number,
    after: string | null,
  ): Promise<Page<MessageView>>;
  /** Every event of the stream but MessageAbandoned, in order. Null: no such message. @throws NotYours */
  timeline(customerId: string, mode: Mode, messageId: string, asOf?: string): Promise<TimelineEntry[] | null>;
  /** Why it went the way it went, from its stream. Null: no such message. @throws NotYours */
  why(customerId: string, mode: Mode, messageId: string, asOf?: string): Promise<MessageWhy | null>;
}
