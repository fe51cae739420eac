import { Pool } from 'undici';

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: T;
}

export interface Message {
  message_id: string;
  status: string;
  final: boolean;
  provider: string;
  cost_kes: number;
  charge: string;
  error: { code: string } | null;
  [field: string]: unknown;
}

export interface Balance {
  available_kes: number;
  reserved_kes: number;
}

export const NOT_FINAL = new Set(['scheduled', 'queued', 'dispatched']);

/** The gateway as a customer's program sees it: HTTP and JSON, nothing else. */
export class GatewayClient {
  private readonly pool: Pool;

  constructor(
    readonly baseUrl: string,
    readonly key: string,
    connections = 64,
    timeoutMs = 30_000,
  ) {
    this.pool = new Pool(baseUrl, { connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  }

  async call<T = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await this.pool.request({
      method,
      path,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as T };
  }

  send(to: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Answer<Message>> {
    return this.call<Message>(
      'POST',
      '/v1/messages',
      { to, channel: 'sms', body: 'Your order #4821 has shipped.', ...more },
      headers,
    );
  }

  async message(id: string): Promise<Message> {
    const answer = await this.call<Message>('GET', `/v1/messages/${id}`);
    if (answer.status !== 200) throw new Error(`GET of ${id} answered ${answer.status}`);
    return answer.body;
  }

  async timeline(id: string): Promise<{ type: string; [detail: string]: unknown }[]> {
    return (await this.call<{ data: { type: string }[] }>('GET', `/v1/messages/${id}/timeline`)).body.data;
  }

  async balance(): Promise<Balance> {
    return (await this.call<Balance & Record<string, unknown>>('GET', '/v1/billing/balance')).body;
  }

  /** Waits until the message satisfies the condition. @throws Error with where it stood when the time was over. */
  async until(id: string, condition: (message: Message) => boolean, withinMs: number): Promise<Message> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const message = await this.message(id);
      if (condition(message)) return message;
      if (performance.now() > deadline) throw new Error(`${id} still ${message.status} after ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Waits until nothing is reserved and this much is available, KES. @throws Error with the balance when 5 s were over. */
  async settledTo(availableKes: number): Promise<void> {
    const deadline = performance.now() + 5_000;
    for (;;) {
      const { available_kes, reserved_kes } = await this.balance();
      if (reserved_kes === 0 && Math.round((available_kes - availableKes) * 10_000) === 0) return;
      if (performance.now() > deadline) throw new Error(`${available_kes} available, ${reserved_kes} reserved`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

export interface InboxRow {
  id: string;
  to: string;
  from: string;
  body: string;
  provider: string;
  tier: string;
  provider_message_id: string;
}

/** The sandbox's control API. */
export class SandboxClient {
  constructor(readonly baseUrl: string) {}

  /** Every copy that handsets received, oldest first. */
  async inbox(to?: string): Promise<InboxRow[]> {
    const rows: InboxRow[] = [];
    let after: string | null = null;
    do {
      const query = new URLSearchParams({
        limit: '100',
        ...(to === undefined ? {} : { to }),
        ...(after === null ? {} : { after }),
      });
      const page = (await (await fetch(`${this.baseUrl}/sandbox/inbox?${query.toString()}`)).json()) as {
        data: InboxRow[];
        next_cursor: string | null;
      };
      rows.push(...page.data);
      after = page.next_cursor;
    } while (after !== null);
    return rows;
  }

  async providers(): Promise<{ name: string; tier: string; requests: number; accepted: number }[]> {
    const answer = (await (await fetch(`${this.baseUrl}/sandbox/providers`)).json()) as {
      data: { name: string; tier: string; requests: number; accepted: number }[];
    };
    return answer.data;
  }

  async set(provider: string, state: Record<string, unknown>): Promise<void> {
    const answer = await fetch(`${this.baseUrl}/sandbox/providers/${provider}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(state),
    });
    if (answer.status !== 200) throw new Error(`the sandbox answered ${answer.status} ${await answer.text()}`);
  }

  async reset(provider: string): Promise<void> {
    const answer = await fetch(`${this.baseUrl}/sandbox/providers/${provider}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (answer.status !== 200) throw new Error(`the sandbox answered ${answer.status} ${await answer.text()}`);
  }
}
