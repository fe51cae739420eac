import { Pool } from 'undici';
import type { Asked, Journal } from './journal';

/** A process that is held answers nobody: a customer's program gives up after this. */
const GIVE_UP_AFTER_MS = 15_000;

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One application process as customers' programs reach it; every request and every answer goes into the journal. */
export class JournalledGateway {
  private readonly pool: Pool;

  constructor(
    readonly base: string,
    private readonly journal: Journal,
  ) {
    this.pool = new Pool(base, {
      connections: 64,
      pipelining: 1,
      headersTimeout: GIVE_UP_AFTER_MS,
      bodyTimeout: GIVE_UP_AFTER_MS,
    });
  }

  /** Null: no answer came. */
  async call(
    asked: Omit<Asked, 'base'>,
    request: { key: string; method: 'GET' | 'POST'; path: string; body?: string; idempotencyKey?: string | null },
  ): Promise<Reply | null> {
    const n = this.journal.ask({ ...asked, base: this.base });
    try {
      const response = await this.pool.request({
        method: request.method,
        path: request.path,
        headers: {
          authorization: `Bearer ${request.key}`,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(request.idempotencyKey == null ? {} : { 'idempotency-key': request.idempotencyKey }),
        },
        body: request.body ?? null,
      });
      const text = await response.body.text();
      const body = JSON.parse(text) as Record<string, unknown>;
      const id = response.headers['x-request-id'];
      this.journal.answer(n, {
        status: response.statusCode,
        replayed: response.headers['idempotency-replayed'] === 'true',
        request: typeof id === 'string' ? id : undefined,
        body: asked.what === 'list' ? undefined : body,
      });
      return { status: response.statusCode, body };
    } catch (error) {
      this.journal.broken(n, error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}
