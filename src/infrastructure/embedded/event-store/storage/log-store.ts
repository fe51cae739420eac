import { type Database, type RootDatabase, open } from 'lmdb';
import {
  beforeRevisions,
  behindRevisions,
  lastRevisionKey,
  logKey,
  nameKey,
  packNumber,
  revisionInKey,
  revisionKey,
  streamNumberInKey,
} from './keys';
import { StoredEvent } from './record';
import { NO_REVISION } from './revision';
import { Slab } from './slab';

/** What one look into the log brings into memory at most, in bytes, give or take an event. */
export const READ_BYTES = 512 * 1024;

type Table = Database<Buffer, Buffer>;

/** A key of the table of persistent subscriptions; `value` undefined removes it. */
export interface GroupWrite {
  readonly key: string;
  readonly value: string | undefined;
}

/** What goes to disk in one transaction. */
export interface WriteBatch {
  readonly events: StoredEvent[];
  /** Streams that begin in this batch: number by name. */
  readonly newStreams: { name: Buffer; number: number }[];
  readonly groupWrites: GroupWrite[];
}

/** The store can no longer vouch for its data; the process must end with this message. */
export class StoreFailure extends Error {}

/** A commit is on the disk when it returns. lmdb-js turns the first on by default, which answers before the disk has. */
export const SYNC_OPTIONS = { overlappingSync: false, noSync: false, noMetaSync: false, useWritemap: false } as const;

/**
 * The durable part, on LMDB: the log, the directory of streams, the index by stream, the persistent subscriptions.
 *
 * LMDB runs in its plain mode: `overlappingSync`, which lmdb-js turns on by default and which answers before the disk
 * has, is off, and so are the write map and every option that leaves out a sync. A transaction then becomes visible, and
 * its promise resolves, only after its pages (fdatasync) and its meta page (a descriptor opened with O_DSYNC) are on disk.
 */
export class LogStore {
  private readonly root: RootDatabase<Buffer, Buffer>;
  private readonly log: Table;
  private readonly names: Table;
  private readonly index: Table;
  private readonly groups: Table;
  private readonly slab = new Slab();
  private readonly sequenceKey = Buffer.alloc(8);

  constructor(directory: string) {
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
    this.root = open<Buffer, Buffer>({
      path: directory,
      noSubdir: false,
      ...SYNC_OPTIONS,
      maxDbs: 8,
      ...binary,
    });
    this.log = this.root.openDB<Buffer, Buffer>({ name: 'log', ...binary });
    this.names = this.root.openDB<Buffer, Buffer>({ name: 'streams', ...binary });
    this.index = this.root.openDB<Buffer, Buffer>({ name: 'index', ...binary });
    this.groups = this.root.openDB<Buffer, Buffer>({ name: 'groups', ...binary });
  }

  /** Number of the last event; 0 if there is none. */
  lastSequence(): number {
    for (const key of this.log.getKeys({ reverse: true, limit: 1 })) return key.readDoubleBE(0);
    return 0;
  }

  /** The highest number a stream has; 0 if there is none. */
  lastStreamNumber(): number {
    for (const key of this.index.getKeys({ reverse: true, limit: 1 })) return streamNumberInKey(key);
    return 0;
  }

  /** Number of a stream, or 0 if nothing was ever written to it. */
  streamNumber(name: Buffer): number {
    const value = this.names.getBinaryFast(nameKey(name));
    return value ? value.readUIntBE(0, 6) : 0;
  }

  /** Last revision of a stream, or NO_REVISION. */
  lastRevision(streamNumber: number): number {
    const range = { start: lastRevisionKey(streamNumber), end: beforeRevisions(streamNumber), reverse: true, limit: 1 };
    for (const key of this.index.getKeys(range)) return revisionInKey(key);
    return NO_REVISION;
  }

  /** Number in the log of the event at this revision of a stream. */
  sequenceOf(streamNumber: number, revision: number): number | undefined {
    return this.index.getBinaryFast(revisionKey(streamNumber, revision))?.readDoubleBE(0);
  }

  /** The event with this number. Throws StoreFailure if its bytes are damaged. */
  event(sequence: number): StoredEvent | undefined {
    this.sequenceKey.writeDoubleBE(sequence, 0);
    // A view of lmdb's own buffer, good until the next look-up; the slab keeps it without an allocation for each event.
    const record = this.log.getBinaryFast(this.sequenceKey);
    return record && checked(sequence, this.slab.keep(record));
  }

  eventAt(streamNumber: number, revision: number): StoredEvent | undefined {
    const sequence = this.sequenceOf(streamNumber, revision);
    return sequence === undefined ? undefined : this.event(sequence);
  }

  /** Events by number: forwards from `from` up to and including `to`, at most `limit`, fewer if they are large. */
  events(from: number, to: number, limit: number): StoredEvent[] {
    const events: StoredEvent[] = [];
    const end = Math.min(to, from + limit - 1);
    let bytes = 0;
    // Numbers have no gaps: looking each up is cheaper than a range, which allocates a key and a value for each entry.
    for (let sequence = from; sequence <= end && bytes <= READ_BYTES; sequence++) {
      const event = this.event(sequence);
      if (!event) break;
      events.push(event);
      bytes += event.record.length;
    }
    return events;
  }

  /** Numbers in the log of a stream's events, from revision `from`, forwards or backwards, at most `limit`. */
  sequences(
    streamNumber: number,
    from: number,
    backwards: boolean,
    limit: number,
  ): { revision: number; sequence: number }[] {
    const found: { revision: number; sequence: number }[] = [];
    const start = revisionKey(streamNumber, from);
    const end = backwards ? beforeRevisions(streamNumber) : behindRevisions(streamNumber);
    for (const { key, value } of this.index.getRange({ start, end, reverse: backwards, limit })) {
      found.push({ revision: revisionInKey(key), sequence: value.readDoubleBE(0) });
    }
    return found;
  }

  /** All entries of the table of persistent subscriptions. */
  groupEntries(): { key: string; value: string }[] {
    return Array.from(this.groups.getRange({}), ({ key, value }) => ({
      key: key.toString('utf8'),
      value: value.toString('utf8'),
    }));
  }

  /** Writes a batch in one transaction; resolves when it is on disk. Rejects with StoreFailure if it may not be. */
  async write(batch: WriteBatch): Promise<void> {
    // All puts of one turn of the event loop go into one transaction.
    let done: Promise<boolean> | undefined;
    for (const { name, number } of batch.newStreams) {
      const value = Buffer.allocUnsafe(6);
      value.writeUIntBE(number, 0, 6);
      done = this.names.put(nameKey(name), value);
    }
    for (const event of batch.events) {
      const { streamNumber, revision } = event;
      const sequence = packNumber(event.sequence);
      done = this.log.put(logKey(event.sequence), event.record);
      done = this.index.put(revisionKey(streamNumber, revision), sequence);
    }
    for (const { key, value } of batch.groupWrites) {
      const bytes = Buffer.from(key, 'utf8');
      done = value === undefined ? this.groups.remove(bytes) : this.groups.put(bytes, Buffer.from(value, 'utf8'));
    }
    try {
      await done;
    } catch (error) {
      const cause = await commitErrorOf(error);
      throw new StoreFailure(`Writing to the event store's data failed (${cause}); is the disk full?`);
    }
  }

  async close(): Promise<void> {
    await this.root.close();
  }
}

function checked(sequence: number, record: Buffer): StoredEvent {
  const event = new StoredEvent(sequence, record);
  if (!event.isIntact)
    throw new StoreFailure(`The event store's data is damaged: event ${sequence} fails its checksum.`);
  return event;
}

/** lmdb-js gives the cause of a failed commit apart from the failure, as a promise that rejects. */
async function commitErrorOf(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  if (!('commitError' in error)) return error.message;
  try {
    await error.commitError;
    return error.message;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}
