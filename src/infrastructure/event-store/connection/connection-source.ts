import type { Logger } from '../../../application/ports/logger';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './connection';

/** A fresh client at most this often: finding a leader anew costs a gossip round, and every caller asks at once. */
const REPLACE_EVERY_MS = 1_000;
/** What was begun on a connection that is being left may still end there. */
const RETIRE_AFTER_MS = 3_000;
/** Generations of two sources of a process never meet: see Connection. */
const GENERATIONS = 500;

/**
 * The connection that is used now, and its replacement when it turned out to be of no use. Cancelling a call does not make
 * the client look for a new leader, nor does it leave a socket that went silent; a fresh one does both.
 */
export class ConnectionSource {
  private connection: Connection;
  private openedAtMs = performance.now();
  private generation = 0;
  private closed = false;
  private readonly retiring = new Map<Connection, NodeJS.Timeout>();

  constructor(
    private readonly url: string,
    private readonly logger: Logger,
    private readonly firstGeneration: number,
  ) {
    this.connection = Connection.open(url, firstGeneration);
  }

  get current(): Connection {
    return this.connection;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Puts a fresh one in the place of `failed`, unless someone did already or the last time is under a second ago. */
  replace(failed: Connection, cause: string): void {
    if (this.closed || failed !== this.connection) return;
    if (performance.now() - this.openedAtMs < REPLACE_EVERY_MS) return;
    this.generation = (this.generation + 1) % GENERATIONS;
    this.openedAtMs = performance.now();
    this.connection = Connection.open(this.url, this.firstGeneration + this.generation);
    this.logger.warn({ cause }, 'fresh connection to the event store');
    const timer = setTimeout(() => {
      this.retiring.delete(failed);
      failed.close();
    }, RETIRE_AFTER_MS);
    this.retiring.set(failed, timer.unref());
  }

  /** The same, for callers that go on for ever: waits out the second, so that a fresh one is there when it returns. */
  async replaced(failed: Connection, cause: string): Promise<Connection> {
    const waitMs = REPLACE_EVERY_MS - (performance.now() - this.openedAtMs);
    if (failed === this.connection && waitMs > 0) await delay(waitMs);
    this.replace(failed, cause);
    return this.connection;
  }

  close(): void {
    this.closed = true;
    this.connection.close();
    for (const [connection, timer] of this.retiring) {
      clearTimeout(timer);
      connection.close();
    }
    this.retiring.clear();
  }
}

/** Where the generations of the two sources of a process begin. */
export const GENERATION_OF_WRITES = 0;
export const GENERATION_OF_SUBSCRIPTIONS = GENERATIONS;
