import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { Candidacy, Leadership } from '../../application/ports/leadership';
import type { Logger } from '../../application/ports/logger';
import type { Database } from './database';

/** First half of the two-part advisory lock key: keeps roles apart from any other use of advisory locks. */
export const LEADER_LOCK_CLASS = 1_463_896_148;

export interface LeaderTimings {
  /** How often a role held elsewhere is tried. */
  readonly tryEveryMs: number;
  /** How often the connection is proven while all roles are held here. */
  readonly heartbeatEveryMs: number;
  /** A query that takes longer means that leadership is lost. */
  readonly answerWithinMs: number;
}

const DEFAULT_TIMINGS: LeaderTimings = { tryEveryMs: 1_000, heartbeatEveryMs: 5_000, answerWithinMs: 5_000 };

interface Candidate {
  readonly role: string;
  readonly lead: (term: AbortSignal) => Promise<void>;
  stopped: boolean;
  held: boolean;
  term: AbortController | null;
  running: Promise<void> | null;
}

/**
 * Leadership by session-level advisory locks, all on one connection. When the connection breaks, Postgres frees the locks
 * and every term here ends. What is done under a term must still be safe against a late writer (compare-and-set), since
 * this process may learn of its loss after another has taken over.
 */
export class PostgresLeadership implements Leadership {
  private readonly candidates = new Map<string, Candidate>();
  private client: PoolClient | null = null;
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    private readonly timings: LeaderTimings = DEFAULT_TIMINGS,
  ) {}

  stand(role: string, lead: (term: AbortSignal) => Promise<void>): Candidacy {
    if (this.candidates.has(role)) throw new Error(`this process already stands for ${role}`);
    const candidate: Candidate = { role, lead, stopped: false, held: false, term: null, running: null };
    this.candidates.set(role, candidate);
    this.schedule(0);
    return { isLeading: () => candidate.held, stop: () => this.standDown(candidate) };
  }

  /** Ends all terms and gives back the connection. */
  async close(): Promise<void> {
    await Promise.all([...this.candidates.values()].map((candidate) => this.standDown(candidate)));
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.round;
    this.client?.release();
    this.client = null;
  }

  private schedule(afterMs: number): void {
    if (this.closed) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.round = this.round.then(() => this.elect());
    }, afterMs);
  }

  /** One query: tries every role not held here, and proves the connection. */
  private async elect(): Promise<void> {
    if (this.closed || this.candidates.size === 0) return;
    const wanted = [...this.candidates.values()].filter((one) => !one.held && !one.stopped && one.running === null);
    try {
      const client = (this.client ??= await this.connect());
      const { rows } = await this.within(
        client.query<{ role: string }>({
          text: `SELECT role FROM unnest($2::text[]) AS role WHERE pg_try_advisory_lock($1, hashtext(role))`,
          values: [LEADER_LOCK_CLASS, wanted.map((one) => one.role)],
        }),
      );
      if (this.client !== client) return;
      for (const { role } of rows) {
        const candidate = this.candidates.get(role);
        if (candidate !== undefined) this.begin(candidate);
      }
    } catch (error) {
      this.lose(error);
    } finally {
      const waiting = [...this.candidates.values()].some((one) => !one.held && !one.stopped);
      this.schedule(waiting ? this.timings.tryEveryMs : this.timings.heartbeatEveryMs);
    }
  }

  private async connect(): Promise<PoolClient> {
    const client = await this.database.connect();
    client.on('error', (error: Error) => {
      if (this.client === client) this.lose(error);
    });
    return client;
  }

  private begin(candidate: Candidate): void {
    candidate.held = true;
    this.logger.info({ role: candidate.role }, 'leading');
    candidate.running = this.run(candidate).finally(() => {
      candidate.running = null;
    });
  }

  private async run(candidate: Candidate): Promise<void> {
    while (candidate.held && !candidate.stopped) {
      const term = new AbortController();
      candidate.term = term;
      try {
        await candidate.lead(term.signal);
      } catch (error) {
        this.logger.error({ role: candidate.role, err: error }, 'the work of a leader failed');
      }
      if (candidate.held && !candidate.stopped) await delay(this.timings.tryEveryMs);
    }
  }

  private lose(error: unknown): void {
    const client = this.client;
    this.client = null;
    client?.release(error instanceof Error ? error : new Error(String(error)));
    const lost = [...this.candidates.values()].filter((one) => one.held);
    this.logger.warn({ err: error, roles: lost.map((one) => one.role) }, 'the connection that holds leadership broke');
    for (const candidate of lost) {
      candidate.held = false;
      candidate.term?.abort();
    }
  }

  private async standDown(candidate: Candidate): Promise<void> {
    if (this.candidates.get(candidate.role) !== candidate) return;
    candidate.stopped = true;
    candidate.term?.abort();
    // An election under way may just be winning the role.
    await this.round;
    candidate.term?.abort();
    await candidate.running;
    this.candidates.delete(candidate.role);
    if (!candidate.held || this.client === null) return;
    candidate.held = false;
    try {
      await this.within(
        this.client.query({
          text: 'SELECT pg_advisory_unlock($1, hashtext($2))',
          values: [LEADER_LOCK_CLASS, candidate.role],
        }),
      );
    } catch (error) {
      this.lose(error);
    }
  }

  private within<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { answerWithinMs } = this.timings;
      const timer = setTimeout(
        () => reject(new Error(`Postgres did not answer within ${answerWithinMs} ms`)),
        answerWithinMs,
      );
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
