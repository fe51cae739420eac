export const TIMERS = Symbol('Timers');
export const TIMER_FEED = Symbol('TimerFeed');

export type TimerPurpose = 'retry' | 'claim' | 'resend' | 'report_deadline' | 'wait' | 'send_at' | 'inquiry';

/** One alarm on one message. Its key is (message, attempt, purpose): the same one set twice is one. */
export interface Timer {
  readonly messageId: string;
  readonly attempt: number;
  readonly purpose: TimerPurpose;
  /** ISO. */
  readonly dueAt: string;
}

/** Durable alarms in Postgres: claimed by a lease, deleted only after their command is appended. */
export interface Timers {
  /** Idempotent; concurrent calls share one multi-row insert. Durable when it returns. `replace` moves an alarm that stands. */
  set(timer: Timer, replace?: boolean): Promise<void>;
  /** Forgets all alarms of a message; concurrent calls share one statement. Best effort: a stray alarm is harmless. */
  clear(messageId: string): Promise<void>;
}

/** Hands out due alarms, each to one process at a time. */
export interface TimerFeed {
  /** The alarm is deleted once `handle` resolves; rejecting, it comes again after a pause. */
  start(handle: (timer: Timer) => Promise<void>): void;
  /** Takes no more and waits for those in hand. */
  stop(drainMs: number): Promise<void>;
}
