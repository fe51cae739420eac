import type { LogPosition, RecordedEvent } from './event-store';

export const SUBSCRIPTIONS = Symbol('Subscriptions');

/** An event that could not be decoded: its envelope, so that a reader can park or count it. */
export interface UndecodableEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly position: LogPosition;
  readonly created: string;
  readonly problem: 'unknown_type' | 'newer_version' | 'corrupt';
  readonly detail: string;
}

/** What a feed of `$all` hands out. `raw` gives the bytes as stored (the audit log hashes them). */
export type FeedItem = (
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  | { readonly kind: 'undecodable'; readonly event: UndecodableEvent }
) & { readonly raw: { readonly data: Uint8Array; readonly metadata: Uint8Array } };

export const STREAM_ITEMS = Symbol('StreamItems');

/** Streams as a feed would hand them out, what cannot be decoded included: for those who must go on with what can be. */
export interface StreamItems {
  /** Forwards from `from`, at most `maxCount`. A missing stream is `[]`. @throws StreamDeleted, StoreUnavailable */
  readItems(stream: string, from: bigint, maxCount: number): Promise<FeedItem[]>;
}

export interface CatchUpOptions {
  /** For metrics and logs. */
  readonly name: string;
  /** Exclusive; null: from the first event. */
  readonly from: LogPosition | null;
  /** Stream prefixes wanted, filtered by the server; empty: every stream that is not a system stream. */
  readonly streamPrefixes: readonly string[];
  /** Most events a batch. */
  readonly batchSize: number;
  /** How long the first event of a batch waits for others, once live. Milliseconds. */
  readonly lingerMs: number;
  /** The same while events come in numbers, where fewer and fuller batches are worth a delay; as `lingerMs` without. */
  readonly busyLingerMs?: number;
  /** Called one batch at a time; the next comes when it has returned. Throwing: the feed backs off and resumes after the last batch that returned. */
  readonly onBatch: (items: readonly FeedItem[], upTo: LogPosition) => Promise<void>;
  /** Once each time the end of the log as it was at subscribing is reached. */
  readonly onCaughtUp?: () => void;
  /** The feed ended for good, since `from` is not a position of this log (restored from a copy, or another one). */
  readonly onStopped?: (error: Error) => void;
}

export interface CatchUpSubscription {
  /** Of the last item handed out and returned. */
  readonly position: LogPosition | null;
  /** Milliseconds between the store's time of the last handled event and its handling; 0 when caught up and silent. */
  lagMs(): number;
  isLive(): boolean;
  /** Lets the running batch end. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** The persistent group, with its version: `dispatcher-v1`. Created from START on `$all` where it is missing. */
  readonly group: string;
  readonly streamPrefixes: readonly string[];
  /** Events in hand at once, in this process. */
  readonly concurrency: number;
  /**
   * The types that it does something with: any other that this version knows is acknowledged without being decoded. What only
   * a newer version knows is left to that one all the same. Left out: every type is handled.
   */
  readonly handles?: readonly string[];
  /** Resolves when the event's commands have been carried out: only then is it acknowledged. Rejecting: nack with retry after a back-off; after the group's retries it is parked. */
  readonly handle: (event: RecordedEvent, retryCount: number) => Promise<void>;
}

export interface Worker {
  /** Takes no more, waits for those in hand (at most `drainMs`), then leaves. */
  stop(drainMs: number): Promise<void>;
  /** Events in hand now. */
  inFlight(): number;
  isConnected(): boolean;
}

/** Subscriptions that resume by themselves after any loss of the connection, with back-off and a watchdog against silence. */
export interface Subscriptions {
  catchUp(options: CatchUpOptions): CatchUpSubscription;
  /** Competing consumers; no order assumed; at least once. */
  worker(options: WorkerOptions): Promise<Worker>;
  /** Creates the groups where missing, from START: called before the first append of a fresh store. */
  ensureGroups(groups: readonly { group: string; streamPrefixes: readonly string[] }[]): Promise<void>;
}
