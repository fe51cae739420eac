import type { AcceptedItem } from '../../domain/batch/events';
import { DomainError } from '../../domain/shared/domain-error';
import type { Caller, Idempotency, MessageRequest } from '../message/message-request';

/** One item, as a send of its own. */
export interface BatchItem {
  readonly request: MessageRequest;
  /** Its own `idempotency_key`: the same as the header of a single send. Null: it has none. */
  readonly own: Idempotency | null;
  /** SHA-256 (hex) of its canonical JSON, as of a single send. */
  readonly digest: string;
}

/** What came in. An item is read when its turn comes: ten thousand at once would hold up everybody else. */
export interface BatchOrder {
  readonly size: number;
  /** @throws DomainError what is wrong with it */
  item(index: number): BatchItem;
}

/** A batch that is being worked through. */
export interface RunningBatch {
  readonly batchId: string;
  readonly caller: Caller;
  readonly order: BatchOrder;
  /** Of the header, or made up for this one request: gives items without a key of their own their message ids. */
  readonly key: string;
  /** An earlier request with this key has begun it. */
  readonly resumed: boolean;
  /** What items with a key of their own have become, by that key. */
  readonly byOwnKey: Map<string, { readonly digest: string; readonly outcome: AcceptedItem }>;
}

/** By which an item finds its message again: its own key, or its place in the batch. */
export const idempotencyOf = ({ key }: Pick<RunningBatch, 'key'>, index: number, item: BatchItem): Idempotency =>
  item.own ?? { key: JSON.stringify([key, index]), digest: item.digest, keyedDigest: null };

export const keyReused = (): DomainError =>
  new DomainError('idempotency_key_reused', 'This Idempotency-Key was used with another request body.');
