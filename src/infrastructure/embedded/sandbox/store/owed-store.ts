import type { Database, RootDatabase } from 'lmdb';

/** One request to the application, ready to be sent: how a contract's report looks on the wire is decided before. */
export interface OutgoingRequest {
  target: 'reports' | 'inbound' | 'opt_outs';
  contentType: string;
  body: string;
  headers?: Record<string, string>;
  /** The address that the application named; none is needed where one is configured. */
  url?: string;
}

/** A request still owed to the application, and those that follow once it is answered 2xx. */
export interface Owed extends OutgoingRequest {
  provider: string;
  /** Milliseconds since the epoch: when it is to be sent next. */
  dueMs: number;
  /** When it was first due; it is given up a while after that. */
  sinceMs: number;
  tries: number;
  then: { afterMs: number; request: OutgoingRequest }[];
}

export interface OwedEntry {
  sequence: number;
  owed: Owed;
}

type Key = [provider: string, dueMs: number, sequence: number];

/**
 * What the simulated providers still owe the application, ordered by provider and time. Kept in LMDB and read in windows,
 * so that an application that is away for minutes costs disk and not memory.
 */
export class OwedStore {
  private readonly rows: Database<Owed, Key>;
  /** Starts above every number of an earlier run, as long as clocks do not go back by whole runs. */
  private nextSequence = Date.now() * 1_024;

  constructor(private readonly env: RootDatabase) {
    this.rows = env.openDB('owed', {});
  }

  /** Puts it into the transaction of this turn. */
  add(owed: Owed): OwedEntry {
    const sequence = this.nextSequence;
    this.nextSequence += 1;
    void this.rows.put([owed.provider, owed.dueMs, sequence], owed);
    return { sequence, owed };
  }

  /** Puts another in its place, or none, in one transaction. Resolves when that holds. */
  async replace(entry: OwedEntry, next: Owed | null): Promise<OwedEntry | null> {
    const removed = this.rows.remove([entry.owed.provider, entry.owed.dueMs, entry.sequence]);
    const added = next === null ? null : this.add(next);
    await removed;
    return added;
  }

  has(entry: OwedEntry): boolean {
    return this.rows.doesExist([entry.owed.provider, entry.owed.dueMs, entry.sequence]);
  }

  /** Entries of one provider after a position and due by `untilMs`, oldest first. */
  due(provider: string, after: { dueMs: number; sequence: number }, untilMs: number, limit: number): OwedEntry[] {
    const found: OwedEntry[] = [];
    const start: Key = [provider, after.dueMs, after.sequence + 1];
    const end: Key = [provider, untilMs + 1, 0];
    for (const { key, value } of this.rows.getRange({ start, end, limit }))
      found.push({ sequence: key[2], owed: value });
    return found;
  }

  /** When the next entry after a position is due, or null. */
  nextDue(provider: string, after: { dueMs: number; sequence: number }): number | null {
    const start: Key = [provider, after.dueMs, after.sequence + 1];
    const end: Key = [provider, Number.MAX_SAFE_INTEGER, 0];
    for (const key of this.rows.getKeys({ start, end, limit: 1 })) return key[1];
    return null;
  }

  /** Drops what is owed by providers that are no longer configured. */
  async keepOnly(providers: readonly string[]): Promise<void> {
    const dropped: Key[] = [];
    for (const key of this.rows.getKeys()) if (!providers.includes(key[0])) dropped.push(key);
    for (const key of dropped) void this.rows.remove(key);
    await this.env.committed;
  }
}
