export const ATTEMPT_INDEX = Symbol('AttemptIndex');

/** An attempt that has neither a provider's id nor a refusal. */
export interface OpenAttempt {
  readonly messageId: string;
  readonly attempt: number;
  /** The call ended without an answer that says; otherwise it may still be under way. */
  readonly unknown: boolean;
}

/** A message that has not ended although a wake-up of it is overdue. */
export interface OverdueMessage {
  readonly messageId: string;
  readonly attempt: number;
  readonly reason: 'queued' | 'claimed' | 'unresolved';
}

/** The read model of attempts; it lags behind the log by moments. */
export interface AttemptIndex {
  /** Concurrent calls share one query. */
  findByProviderId(provider: string, providerMessageId: string): Promise<string | null>;
  /** Attempts at a provider to one of these subjects, begun from `from` to `to` (ISO). */
  openAttempts(provider: string, subjectIds: readonly string[], from: string, to: string): Promise<OpenAttempt[]>;
  /** Without a timer: still queued or claimed since before `quietSince` (ISO), or with a report deadline before `now` (ISO). */
  overdue(quietSince: string, now: string, limit: number): Promise<OverdueMessage[]>;
}
