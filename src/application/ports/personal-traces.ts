export const PERSONAL_TRACES = Symbol('PersonalTraces');

/** What was found and removed by the number, beside the key. */
export interface SweptTraces {
  /** Delivery reports that named it. */
  readonly reports: number;
  /** Texts as providers brought them, which it had sent. */
  readonly texts: number;
  /** Raw answers of providers to messages that were sent to it. */
  readonly answers: number;
  /** Keys in Redis: counters, a block, remembered answers. */
  readonly cached: number;
}

/** One step of cleaning the disk. */
export interface CleaningStep {
  readonly name: string;
  /** Null: done. Otherwise why the server would not do it for us, for an operator. */
  readonly refused: string | null;
}

/** All that is kept of a person outside the log, so that an erasure reaches it. */
export interface PersonalTraces {
  /** For good, in Postgres and in this process; others hear of it from the log. Destroyed already: nothing happens. */
  destroyKey(subjectId: string): Promise<void>;
  /** @param lookupHash keyed hash of the number, hex. */
  sweep(customerId: string, lookupHash: string): Promise<SweptTraces>;
  /** Overwrites what deleted rows leave behind in data files and the write-ahead log. Locks the keys' table for moments. */
  cleanDisk(): Promise<readonly CleaningStep[]>;
}
