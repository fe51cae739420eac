import { DomainError } from '../../domain/shared/domain-error';
import type { DomainEvent, EventMetadata } from '../../domain/shared/event';

export const EVENT_STORE = Symbol('EventStore');

/** An operator has to act first. */
const LOG_MISMATCH_RETRY_SECONDS = 60;

/** An event about to be appended. `id` is a UUID: the same at every retry of the same append. */
export interface NewEvent<E extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly event: E;
  readonly metadata: EventMetadata;
}

/** Where an event lies in `$all`: two log offsets. Strictly increasing; compare by commit, then prepare. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** An event as stored, decoded and upcast to its newest version. */
export interface RecordedEvent<E extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: E['type'];
  readonly data: E['data'];
  readonly metadata: EventMetadata & { readonly schema: number };
  readonly position: LogPosition;
  /** The store's own clock: ISO. */
  readonly created: string;
}

export type ExpectedRevision = bigint | 'no_stream';

export interface AppendOptions {
  /** Whole time for it, retries of unknown outcomes (with the same ids) included. Milliseconds, default 2 000. */
  readonly deadlineMs?: number;
}

/** Someone else wrote first. `actual` is the stream's last revision, or no_stream. */
export class WrongExpectedRevision extends Error {
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: ExpectedRevision,
  ) {
    super(`${stream}: expected revision ${expected}, found ${actual}`);
    this.name = 'WrongExpectedRevision';
  }
}

/** The stream was tombstoned: nothing can be written to it any more. */
export class StreamDeleted extends Error {
  constructor(readonly stream: string) {
    super(`${stream} is deleted`);
    this.name = 'StreamDeleted';
  }
}

/** More than the store takes in one append (1 MiB). A defect of ours, never the caller's. */
export class AppendTooLarge extends Error {
  constructor(readonly stream: string) {
    super(`${stream}: append too large`);
    this.name = 'AppendTooLarge';
  }
}

/**
 * The store did not say in time. `outcome` is `unknown` where an append may have been written all the same, `none` where
 * it certainly was not (nothing was sent).
 */
export class StoreUnavailable extends Error {
  constructor(
    readonly outcome: 'unknown' | 'none',
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`event store unavailable: ${detail}`, options);
    this.name = 'StoreUnavailable';
  }
}

/**
 * The log is not the one that the read models were made from: it was put back to an earlier state, cut short, or is
 * another one. What would be decided on it could contradict what was acknowledged before, so nothing is.
 */
export class LogMismatch extends DomainError {
  constructor(readonly found: string) {
    super(
      'unavailable',
      'The event log is not the one that the read models were built from: it refuses to serve writes until rebuilt.',
      [],
      LOG_MISMATCH_RETRY_SECONDS,
    );
    this.name = 'LogMismatch';
  }
}

/** The one event store. Every append names an exact expected revision, or no_stream; ANY does not exist here. */
export interface EventStore {
  /**
   * Durable when it returns. An unknown outcome is retried inside with the same ids until the deadline.
   * @returns the stream's last revision after the append.
   * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, StoreUnavailable, LogMismatch
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    options?: AppendOptions,
  ): Promise<bigint>;

  /**
   * Forwards from `from` (default the first), at most `maxCount` (default all). A missing or truncated stream is `[]`.
   * @throws StreamDeleted, StoreUnavailable
   */
  readStream<E extends DomainEvent>(stream: string, from?: bigint, maxCount?: number): Promise<RecordedEvent<E>[]>;
}
