export interface AcceptLog {
  readonly type: 'AcceptLog';
  /** The same for the same loss: asked for again, nothing is accepted twice. UUID. */
  readonly acceptanceId: string;
  /** Mandatory: why, and who decided it. It stays in the log for ever. */
  readonly note: string;
  /** What does not agree between the log and what was made from it. */
  readonly found: string;
  /** Events that were known and are not in the log any more. */
  readonly lostEvents: number;
}
export type RestoringCommand = AcceptLog;
