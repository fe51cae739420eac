import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { eventually } from '../../support/eventually';
import { type Answer, GatewayClient, type Message, SandboxClient } from '../../support/gateway-client';
import { foldWallet, kes, rawLog } from '../../support/raw-log';
import { redisDatabase } from '../../support/services';
import { type Stack, startStack } from '../../support/stack';
import { TcpProxy } from '../../support/tcp-proxy';

jest.setTimeout(60_000);

/** Sends without pause until it is told to stop, some at a time, each with an Idempotency-Key of its own. */
class Load {
  readonly accepted: string[] = [];
  readonly statuses = new Map<number, number>();
  /** Requests whose connection broke. */
  broken = 0;
  private running = true;
  private readonly senders: Promise<void>[];
  private next = 0;

  constructor(
    private readonly client: GatewayClient,
    private readonly prefix: string,
    senders = 16,
  ) {
    this.senders = Array.from({ length: senders }, () => this.send());
  }

  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.senders);
  }

  private async send(): Promise<void> {
    while (this.running) {
      const n = this.next++;
      const to = `+2547${this.prefix}${String(n).padStart(4, '0')}`;
      const answer = await this.client.send(to, {}, { 'idempotency-key': `${this.prefix}-${n}` }).catch(() => null);
      if (answer === null) {
        this.broken += 1;
        await delay(50);
        continue;
      }
      this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 202) this.accepted.push(answer.body.message_id);
      else await delay(20);
    }
  }
}

describe('an outage', () => {
  let stack: Stack;
  let live: GatewayClient;
  let redis: TcpProxy;

  beforeAll(async () => {
    const url = new URL(await redisDatabase());
    redis = await TcpProxy.to(url.hostname, Number(url.port));
    url.port = String(redis.port);
    stack = await startStack({ env: { REDIS_URL: url.href } });
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '', 32);
  });
  afterAll(async () => {
    await live?.close();
    await stack?.stop();
    await redis?.close();
  });

  function expectUnavailable({ status, headers, body }: Answer<Message>): void {
    expect([status, body['code']]).toEqual([503, 'unavailable']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(headers['x-request-id']).toBe(body['request_id']);
  }

  /** Milliseconds until a message is accepted again. */
  async function untilAccepting(withinMs: number): Promise<number> {
    const started = performance.now();
    while ((await live.send('+254712999999')).status !== 202) {
      if (performance.now() - started > withinMs) throw new Error(`nothing was accepted within ${withinMs} ms`);
      await delay(50);
    }
    return performance.now() - started;
  }

  async function expectDelivered(ids: readonly string[], prefix: string): Promise<void> {
    for (const id of ids) await live.until(id, ({ status }) => status === 'delivered', 20_000);
    const copies = (await new SandboxClient(stack.handset).inbox()).filter(({ to }) => to.startsWith(`+2547${prefix}`));
    expect(new Set(copies.map(({ to }) => to)).size).toBe(copies.length);
    expect(copies.length).toBeGreaterThanOrEqual(ids.length);
  }

  it('of the event store: writes are 503, reads go on and say so, and it is over within 10 s: row 65', async () => {
    const { body: sent } = await live.send('+254712650001');
    await live.until(sent.message_id, ({ status }) => status === 'delivered', 5_000);
    await stack.eventStore.kill();

    const key = { 'idempotency-key': 'row-29' };
    expectUnavailable(await live.send('+254712650002', {}, key));
    await delay(1_500);
    for (const path of [`/v1/messages/${sent.message_id}`, '/v1/messages?limit=1', '/v1/billing/balance']) {
      const read = await live.call('GET', path);
      expect([path, read.status]).toEqual([path, 200]);
      expect(Date.parse(String(read.headers['waht-stale-since']))).not.toBeNaN();
    }
    expect((await live.call('GET', '/health/ready')).status).toBe(503);
    expect((await live.call('GET', '/health/live')).status).toBe(200);

    await stack.eventStore.start();
    expect(await untilAccepting(10_000)).toBeLessThan(10_000);
    // The 503 was not remembered: the same key is a first try.
    const again = await live.send('+254712650002', {}, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, undefined]);
    await live.until(again.body.message_id, ({ status }) => status === 'delivered', 10_000);
    // Each feed of the read side finds back by itself, the last of them a little later than the first write.
    await eventually(async () => {
      const fresh = await live.call('GET', `/v1/messages/${sent.message_id}`);
      return fresh.status === 200 && fresh.headers['waht-stale-since'] === undefined;
    }, 10_000);
  });

  it('of every connection to Postgres in the midst of load loses nothing, and answers no 5xx but 503: row 75', async () => {
    const url = new URL(stack.env['DATABASE_MIGRATION_URL'] ?? '');
    const { pid } = stack.application;
    const killer = new Client({ connectionString: url.href });
    await killer.connect();
    const load = new Load(live, '1275');
    let killed = 0;
    try {
      for (let round = 0; round < 5; round++) {
        await delay(300);
        const { rowCount } = await killer.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        killed += rowCount ?? 0;
        const read = await live.call('GET', '/v1/messages?limit=1');
        expect([200, 503]).toContain(read.status);
      }
    } finally {
      await load.stop();
      await killer.end();
    }
    // Each process that lost its connections goes on.
    expect(stack.application.pid).toBe(pid);
    expect(killed).toBeGreaterThan(5);
    expect([...load.statuses.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([]);
    expect(load.broken).toBe(0);
    expect(load.accepted.length).toBeGreaterThan(20);
    await expectDelivered(load.accepted, '1275');
  });

  it('of Redis: sends are 503, reads go on, and it is over when Redis is back: row 78', async () => {
    redis.refusing = true;
    redis.resetAll();
    expectUnavailable(await live.send('+254712780001'));
    const statuses = await Promise.all(
      ['/v1/messages?limit=1', '/v1/billing/balance'].map(async (path) => (await live.call('GET', path)).status),
    );
    expect(statuses).toEqual([200, 200]);
    const { pid } = stack.application;
    await delay(2_000);
    expectUnavailable(await live.send('+254712780001'));
    redis.refusing = false;
    expect(await untilAccepting(5_000)).toBeLessThan(5_000);
    expect(stack.application.pid).toBe(pid);
  });

  it('by SIGTERM under load ends with exit code 0, and every 202 is delivered after the next start: row 108', async () => {
    const load = new Load(live, '1108');
    await delay(1_500);
    const started = performance.now();
    const code = await stack.application.stop();
    const stoppedAfterMs = performance.now() - started;
    await load.stop();
    expect(code).toBe(0);
    expect(stoppedAfterMs).toBeLessThan(25_000);
    expect([...load.statuses.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([]);
    expect(load.accepted.length).toBeGreaterThan(20);
    await stack.application.start();
    await expectDelivered(load.accepted, '1108');

    const log = await rawLog(stack.env['ESDB_URL'] ?? '');
    const balance = await live.balance();
    const wallet = foldWallet(log, `wallet-${stack.demo?.customer_id ?? ''}`);
    expect([kes(wallet.available), kes(wallet.reserved)]).toEqual([balance.available_kes, balance.reserved_kes]);
  });
});
