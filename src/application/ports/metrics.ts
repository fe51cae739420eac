export const METRICS = Symbol('Metrics');
/** What is counted. Names and labels are in docs; labels never hold ids of customers or messages. */
export interface Metrics {
  appendObserved(ms: number, outcome: 'ok' | 'conflict' | 'unavailable'): void;
  walletConflict(): void;
  walletBatch(commands: number): void;
  dispatch(provider: string, result: 'accepted' | 'refused' | 'unknown', failureClass: string): void;
  report(provider: string, outcome: 'matched' | 'stray' | 'duplicate' | 'parked'): void;
  /** Texts of people, and opt-outs that a provider tells of. */
  inbound(provider: string, outcome: 'received' | 'opted_out' | 'duplicate' | 'parked' | 'stray' | 'unreadable'): void;
  /** Answers to a send that nobody could read. */
  providerAnswer(provider: string, kept: boolean): void;
  requestObserved(route: string, status: number, ms: number): void;
  projectionLag(projection: string, ms: number): void;
  /** Events that wait to be handled; counted up to a limit. */
  projectionBacklog(projection: string, events: number): void;
  projectionParked(projection: string, streams: number): void;
  /** This process runs none of them any more: another one tells where they stand. */
  projectionsLeft(projections: readonly string[]): void;
  undecodable(projection: string, problem: string): void;
  workerInFlight(group: string, n: number): void;
  refused(code: string): void;
  /** 0 to 100; null: too few samples to say. `network`: MCC and MNC; null: the provider as a whole. */
  providerScore(provider: string, network: string | null, score: number | null): void;
  /** Refused calls that the log of refused calls could not keep. */
  accessDropped(calls: number): void;
  /** The end of a log did not follow from what was signed before. */
  headRefused(): void;
  /** The log is not the one that this process knows; false from the start. */
  logMismatch(found: boolean): void;
  /** A kept state of a stream that its stream does not bear out. */
  snapshotDiscarded(): void;
}
