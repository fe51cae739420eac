import { cpSync, rmSync } from 'node:fs';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { GatewayClient, SandboxClient } from '../support/gateway-client';
import { rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(180_000);

const MESSAGES = 20;

/** Rows 67 and 113: the log of yesterday, the read models of today. */
describe('an event store restored from a copy, beside read models that know more', () => {
  let stack: Stack;
  let live: GatewayClient;
  let copy: string;
  let eventsInCopy: number;

  beforeAll(async () => {
    stack = await startStack();
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '', 16);
    copy = `${stack.eventStoreData}-yesterday`;
    await sendAndDeliver('0');
    await stack.application.stop();
    await stack.eventStore.stop();
    cpSync(stack.eventStoreData, copy, { recursive: true });
    await stack.eventStore.start();
    eventsInCopy = (await rawLog(stack.env['ESDB_URL'] ?? '')).length;
    await stack.application.start();
    await sendAndDeliver('1');
    await untilProjected();
  });
  afterAll(async () => {
    await live?.close();
    await stack?.stop();
  });

  async function sendAndDeliver(prefix: string): Promise<void> {
    for (let n = 0; n < MESSAGES; n++) {
      const { status, body } = await live.send(`+25471${prefix}${String(n).padStart(6, '0')}`);
      expect(status).toBe(202);
      if (n === MESSAGES - 1) await live.until(body.message_id, (message) => message.final, 20_000);
    }
  }

  /** Nothing is written any more, and the slowest checkpoint has been saved. */
  async function untilProjected(): Promise<void> {
    let before = -1;
    await eventually(async () => {
      const now = (await rawLog(stack.env['ESDB_URL'] ?? '')).length;
      const same = now === before;
      before = now;
      if (!same) await delay(1_000);
      return same;
    }, 30_000);
    await delay(6_000);
  }

  async function restore(): Promise<void> {
    await stack.eventStore.kill();
    rmSync(stack.eventStoreData, { recursive: true, force: true });
    cpSync(copy, stack.eventStoreData, { recursive: true });
    await stack.eventStore.start();
  }

  const readiness = async (): Promise<{ status: number; said: string }> => {
    const { status, body } = await live.call<{ checks: Record<string, string> }>('GET', '/health/ready');
    return { status, said: body.checks['event_log'] ?? '' };
  };

  async function expectRefusal(): Promise<void> {
    const { status, body, headers } = await live.send('+254712999999');
    expect([status, body['code']]).toEqual([503, 'unavailable']);
    expect(body['detail']).toContain('refuses to serve writes until rebuilt');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect((await readiness()).status).toBe(503);
    expect((await readiness()).said).toContain('refuses to serve writes until rebuilt');
    const response = await fetch(`${stack.base}/metrics`);
    expect(await response.text()).toMatch(/^waht_event_log_mismatch 1$/m);
    const read = await live.call('GET', '/v1/messages?limit=100');
    expect(read.status).toBe(200);
    expect(read.body['data']).toHaveLength(2 * MESSAGES);
    expect(read.headers['waht-stale-since']).toBeDefined();
  }

  it('under a process that runs: it halts, says so, and nothing is written or sent', async () => {
    expect((await readiness()).said).toBe('ok');
    const handsets = (await new SandboxClient(stack.handset).inbox()).length;
    const { pid } = stack.application;
    await restore();
    const startedAt = performance.now();
    await eventually(async () => (await readiness()).said.includes('refuses'), 20_000);
    process.stderr.write(`restored store: refused after ${Math.round(performance.now() - startedAt)} ms\n`);
    await expectRefusal();
    // What the groups of yesterday would hand out again is not taken: neither calls nor events come of it.
    await delay(3_000);
    expect(await rawLog(stack.env['ESDB_URL'] ?? '')).toHaveLength(eventsInCopy);
    expect(await new SandboxClient(stack.handset).inbox()).toHaveLength(handsets);
    expect(stack.application.pid).toBe(pid);
    const credit = await stack.cli('wallet', 'credit', stack.demo?.customer_id ?? '', '5', '--note', 'refused');
    expect(credit.code).not.toBe(0);
    expect(credit.output).toContain('refuses to serve writes until rebuilt');
  });

  it('under a process that starts: the same, before anything is written', async () => {
    await stack.application.stop();
    await stack.application.launch();
    await eventually(async () => (await readiness().catch(() => ({ said: '' }))).said.includes('refuses'), 20_000);
    await expectRefusal();
    expect(await rawLog(stack.env['ESDB_URL'] ?? '')).toHaveLength(eventsInCopy);
  });

  it('and grown past the read models again since: found by the event that is not there', async () => {
    await stack.application.stop();
    const client = EventStoreDBClient.connectionString(stack.env['ESDB_URL'] ?? '');
    const strangers = Array.from({ length: 1_000 }, (_, n) => jsonEvent({ type: 'Grown', data: { n } }));
    await client.appendToStream('other-1', strangers, { expectedRevision: NO_STREAM });
    await client.dispose();
    await stack.application.launch();
    await eventually(async () => (await readiness().catch(() => ({ said: '' }))).said.includes('refuses'), 20_000);
    expect((await readiness()).said).toContain('is not in the log any more');
    await expectRefusal();
  });

  /** As docs/restoring.md says. */
  it('is served again once the read models have been made from it', async () => {
    await stack.application.stop();
    const owner = new Client({ connectionString: stack.env['DATABASE_MIGRATION_URL'] });
    await owner.connect();
    await owner.query(
      `TRUNCATE projection_checkpoints, log_mark, snapshots, messages, message_attempts, message_watch, wallets,
                reservations, statement_lines, blocks, customers, price_lists`,
    );
    await owner.end();
    await stack.application.start();
    const { status, body } = await live.send('+254712000001');
    expect(status).toBe(202);
    await live.until(body.message_id, ({ final }) => final, 20_000);
    const list = await live.call('GET', '/v1/messages?limit=100');
    expect(list.body['data']).toHaveLength(MESSAGES + 1);
  });
});
