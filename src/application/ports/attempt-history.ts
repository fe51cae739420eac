import type { Counted } from '../../domain/routing/breakdown';

/** What had become of the calls to providers by an instant that lies behind us. */
export interface AttemptHistory {
  /**
   * By provider: the minutes of a score's window, and the day before them, as they were known at `asOf` (ISO).
   * @param deadlineMs a call that was not answered for so long counts as one without an answer
   */
  countedAt(asOf: string, deadlineMs: number): Promise<ReadonlyMap<string, Counted>>;
}
