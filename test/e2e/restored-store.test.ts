import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { GatewayClient, SandboxClient } from '../support/gateway-client';
import { rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(180_000);

const MESSAGES = 20;

interface Lost {
  readonly known_by: string;
  readonly type: string;
  readonly event_id: string;
  readonly customer_id: string;
  readonly mode: string;
  readonly message_id: string | null;
  readonly reservation_id: string | null;
  readonly amount_kes: string | null;
  readonly correlation_id: string;
  readonly actor: string;
}

/** Rows 67 and 113: the log of yesterday, the read models of today. */
describe('an event store restored from a copy, beside read models that know more', () => {
  let stack: Stack;
  let live: GatewayClient;
  let copy: string;
  let eventsInCopy: number;
  let knownBefore: { readonly id: string }[];
  let secondRound: string[];

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
    secondRound = await sendAndDeliver('1');
    await untilProjected();
    knownBefore = await rawLog(stack.env['ESDB_URL'] ?? '');
  });
  afterAll(async () => {
    await live?.close();
    await stack?.stop();
  });

  async function sendAndDeliver(prefix: string): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < MESSAGES; n++) {
      const { status, body } = await live.send(`+25471${prefix}${String(n).padStart(6, '0')}`);
      expect(status).toBe(202);
      ids.push(body.message_id);
      if (n === MESSAGES - 1) await live.until(body.message_id, (message) => message.final, 20_000);
    }
    return ids;
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

  const json = async <T>(code: number, ...args: string[]): Promise<T> => {
    const result = await stack.cli(...args, '--json');
    expect({ args, ...result }).toMatchObject({ code });
    // What a process logs stands before its answer.
    return JSON.parse(result.output.split('\n').findLast((line) => /^[[{]/.test(line)) ?? '') as T;
  };

  it('says what is known of the log, and lists all that was lost', async () => {
    const status = await json<{ halted: boolean; found: string; mark: object }>(1, 'log', 'status');
    expect(status).toMatchObject({ halted: true, found: expect.stringContaining('is not in the log any more') });
    const rows = await json<Lost[]>(0, 'log', 'affected');
    const lost = knownBefore.slice(eventsInCopy);
    expect(rows.map(({ event_id }) => event_id)).toEqual(lost.map(({ id }) => id));
    expect(rows.every(({ known_by }) => known_by === 'audit')).toBe(true);
    // Every send of the second round: its messages, what was held and paid for them, and what request each came of.
    expect(new Set(rows.flatMap(({ message_id }) => message_id ?? []))).toEqual(new Set(secondRound));
    for (const row of rows.filter(({ type }) => type === 'WalletDebited')) {
      expect(row).toMatchObject({ mode: 'live', amount_kes: '-0.8', customer_id: stack.demo?.customer_id });
      expect(row.reservation_id).toMatch(/^rsv_/);
      expect(secondRound).toContain(row.message_id);
    }
    for (const row of rows.filter(({ type }) => type === 'FundsReserved')) {
      expect(secondRound).toContain(row.message_id);
      expect(row.correlation_id).toBe(rows.find((other) => other.message_id === row.message_id)?.correlation_id);
      expect(row.actor).toMatch(/^key:/);
    }
    const file = join(stack.folder, 'lost.csv');
    expect(await stack.cli('log', 'affected', '--csv', '--out', file)).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8').trimEnd().split('\r\n')).toHaveLength(rows.length + 1);
  });

  it('accepts the log only with a note, and with nobody at work', async () => {
    expect((await stack.cli('log', 'accept')).code).not.toBe(0);
    const early = await stack.cli('log', 'accept', '--note', 'while it runs');
    expect(early).toMatchObject({ code: 1, output: expect.stringContaining('still runs') });
    await stack.application.stop();
    const empty = await stack.cli('log', 'accept', '--note', ' ');
    expect(empty).toMatchObject({ code: 1, output: expect.stringContaining('must not be empty') });
    const accepted = await json<{ lost_events: number; owed: string[] }>(0, 'log', 'accept', '--note', 'disk lost, =1');
    expect(accepted.lost_events).toBe(knownBefore.length - eventsInCopy);
    expect(accepted.owed).toContain('messages');
    const again = await stack.cli('log', 'accept', '--note', 'again');
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining('has been accepted') });
  });

  it('still refuses writes until everything was made anew from it', async () => {
    await stack.application.launch();
    await eventually(async () => (await readiness().catch(() => ({ said: '' }))).said.includes('made anew'), 20_000);
    expect((await live.send('+254712999999')).status).toBe(503);
    await stack.application.stop();
  });

  /** As docs/restoring.md says. */
  it('is served again once the read models and the audit log have been made from it', async () => {
    expect(await stack.cli('projections', 'rebuild')).toMatchObject({ code: 0 });
    expect(await json<{ owed: string[] }>(1, 'log', 'status')).toMatchObject({ owed: ['audit'] });
    expect(await stack.cli('audit', 'replay', '--replace')).toMatchObject({ code: 0 });
    expect(await json(0, 'log', 'status')).toMatchObject({
      halted: false,
      owed: [],
      acceptances: [{ note: 'disk lost, =1' }],
    });
    await stack.application.start();
    const { status, body } = await live.send('+254712000001');
    expect(status).toBe(202);
    await live.until(body.message_id, ({ final }) => final, 20_000);
    const list = await live.call('GET', '/v1/messages?limit=100');
    expect(list.body['data']).toHaveLength(MESSAGES + 1);
    const balance = await live.call('GET', '/v1/billing/balance');
    expect(balance.body['available_kes']).toBeCloseTo(100_000 - (MESSAGES + 1) * 0.8, 4);
    expect(balance.body['reserved_kes']).toBe(0);
    expect(await stack.cli('projections', 'verify')).toMatchObject({ code: 0 });
  });

  it('and the audit log proves itself, says who accepted it, and what was lost is still to be had', async () => {
    const proven = await json<{ heads: { restored: object[] } }>(0, 'audit', 'verify');
    expect(proven.heads.restored).toHaveLength(1);
    const [row] = await json<{ type: string; actor_kind: string }[]>(0, 'audit', 'list', '--action', 'LogAccepted');
    expect(row).toMatchObject({ type: 'LogAccepted', actor_kind: 'operator' });
    const rows = await json<Lost[]>(0, 'log', 'affected');
    expect(rows).toHaveLength(knownBefore.length - eventsInCopy);
  });
});
