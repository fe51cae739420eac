import type { PoolClient } from 'pg';
import type { Logger } from '../../application/ports/logger';
import type { Database } from '../postgres/database';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Hears of what another process has put into an inbox. What is missed while it is deaf is found by the loop. */
export class InboxListener {
  private client: PoolClient | null = null;
  private retry: NodeJS.Timeout | null = null;
  private pauseMs = FIRST_PAUSE_MS;
  private stopped = true;
  private connecting: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    private readonly channel: string,
  ) {}

  start(onReport: () => void): void {
    this.stopped = false;
    this.connecting = this.connect(onReport);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.retry !== null) clearTimeout(this.retry);
    await this.connecting;
    this.drop();
  }

  private async connect(onReport: () => void): Promise<void> {
    try {
      const client = await this.database.connect();
      this.client = client;
      client.on('notification', onReport);
      client.on('error', (error) => this.lost(error, onReport));
      await client.query(`LISTEN ${this.channel}`);
      this.pauseMs = FIRST_PAUSE_MS;
      onReport();
    } catch (error) {
      this.lost(error, onReport);
    }
  }

  private lost(error: unknown, onReport: () => void): void {
    this.drop();
    if (this.stopped || this.retry !== null) return;
    this.logger.warn({ err: error, pauseMs: this.pauseMs }, 'the inbox is not listened to for a while');
    this.retry = setTimeout(() => {
      this.retry = null;
      this.connecting = this.connect(onReport);
    }, this.pauseMs);
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
  }

  /** Closed, not given back: a pooled connection must not go on listening. */
  private drop(): void {
    const { client } = this;
    this.client = null;
    if (client === null) return;
    client.removeAllListeners('notification');
    client.release(true);
  }
}
