import type { LogPosition } from './event-store';

export const RESTORED_LOG = Symbol('RestoredLog');
/** The log as it is now, written to though it is not the one that is known: for who accepts it, and nobody else. */
export const UNCHECKED_STORE = Symbol('UncheckedStore');

/** An acceptance as it is kept: with it, row by row, what was lost. */
export interface KeptAcceptance {
  /** Derived from what was lost, so that a second try continues the first. */
  readonly acceptanceId: string;
  /** What does not agree. */
  readonly found: string;
  readonly lostEvents: number;
}

/** What is to be done around a log that has lost something. */
export interface RestoredLog {
  /**
   * What does not agree between the log and what was made from it; null: nothing.
   * `owed`: it has been accepted, and these are still to be made from it anew.
   */
  look(): Promise<{ readonly found: string; readonly owed: readonly string[] } | null>;
  /** Whether a process holds a role of the program's: it would write beside us. */
  isServed(): Promise<boolean>;
  /** Writes down who accepts it and every event that was lost. Once it is there it stays. */
  keep(said: { readonly actor: string; readonly note: string; readonly at: string }): Promise<KeptAcceptance>;
  /**
   * From here on everything is measured by the log as it is: checkpoints and mark stand at the event that accepted it, what
   * was remembered of the other log goes, and the read models and the audit log are owed.
   * @returns what is owed.
   */
  adopt(
    acceptanceId: string,
    accepted: { readonly position: LogPosition; readonly eventId: string },
  ): Promise<string[]>;
}
