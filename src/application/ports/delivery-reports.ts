import type { FailureClass, ShutScope } from '../../domain/routing/tiers';

export const REPORT_READERS = Symbol('ReportReaders');
export const REPORT_PARTS = Symbol('ReportParts');
export const REPORT_DOOR = Symbol('ReportDoor');
export const RECEIPT_INBOX = Symbol('ReceiptInbox');

/** What a provider's delivery report says, in nobody's dialect. */
export interface ReportReading {
  readonly providerMessageId: string;
  /** It may be about one part of a message that has several. */
  readonly part?: boolean;
  /** E.164; null where the report does not name one. */
  readonly phone: string | null;
  readonly outcome: 'delivered' | 'failed' | 'in_transit';
  /** Of a failure; null otherwise. */
  readonly class: FailureClass | null;
  readonly scope: ShutScope | null;
  /** The provider's own word. */
  readonly code: string;
  /** For people; no personal data. */
  readonly reason: string;
  /** Normalised. */
  readonly failureCode: string;
  readonly permanent: boolean;
}

/** Reads reports in each provider's own format. */
export interface ReportReaders {
  /** Null: not a report that anybody could read; it is kept all the same. */
  read(provider: string, raw: Buffer): ReportReading | null;
}

/** Messages whose parts are reported one by one. */
export interface ReportParts {
  /** Durable when it returns. The whole is named by one of its parts. */
  join(provider: string, wholeId: string, partIds: readonly string[]): Promise<void>;
  /**
   * What the report of one part says of the whole: delivered once every part is, failed as soon as one has failed, in
   * transit until then. A report of what has no parts comes back as it is.
   */
  wholeOf(provider: string, reading: ReportReading): Promise<ReportReading>;
}

/** One request to the address that a provider reports to. */
export interface ReportCallback {
  /** With its `?`; empty where there is none. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly raw: Buffer;
}

/** Who may hand in reports, and how many come in one request. */
export interface ReportDoor {
  /** Each report of the request by itself, or why there is none: no such account, or a request that is not of its making. */
  admit(provider: string, callback: ReportCallback): readonly Buffer[] | 'unknown_provider' | 'not_genuine';
}

/** A report as it lies in the inbox. */
export interface InboxReport {
  /** UUID: event ids are derived from it. */
  readonly id: string;
  readonly provider: string;
  readonly raw: Buffer;
  /** ISO. */
  readonly receivedAt: string;
  /** How often it was compared without a match. */
  readonly comparisons: number;
}

/**
 * What became of a report: settled for good, or to be compared again after a pause (milliseconds). `stray`: nothing ever
 * fitted. `unreadable`: kept as it came.
 */
export type Verdict =
  | { readonly kind: 'settled'; readonly outcome: 'matched' | 'duplicate' | 'stray' | 'unreadable' }
  | { readonly kind: 'later'; readonly pauseMs: number };

/** Reports that wait in Postgres to be matched. Any process may put one in; each is handed out under a lease. */
export interface ReceiptInbox {
  /** Hands out reports, many at once, until stopped. Throwing: it comes again after a pause. */
  start(handle: (report: InboxReport) => Promise<Verdict>): void;
  /** Compare what waits for this id now: the call it belongs to has just got its answer. */
  wake(provider: string, providerMessageId: string): void;
  /** Forgets reports settled before `before` (ISO), a bounded number of them. @returns how many */
  purge(before: string): Promise<number>;
  /** Takes no more and waits for those in hand. */
  stop(drainMs: number): Promise<void>;
}
