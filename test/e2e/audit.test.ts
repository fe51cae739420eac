import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { GatewayClient } from '../support/gateway-client';
import { waht } from '../support/provisioning';
import { runCommand } from '../../src/infrastructure/embedded/launcher/run-command';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(300_000);

const VERIFIER = join(__dirname, '../../tools/verify-audit.mjs');

describe('the audit log of a gateway at work', () => {
  let stack: Stack;
  let gateway: GatewayClient;
  let other: GatewayClient;
  let folder: string;
  let messageId: string;
  let beforeSending: string;

  beforeAll(async () => {
    stack = await startStack({ env: { WAHT_AUDIT_HEAD_SECONDS: '1' } });
    folder = mkdtempSync(join(tmpdir(), 'waht-audit-'));
    gateway = new GatewayClient(stack.base, stack.demo?.live_key ?? '', 4);
    const { customer_id = '' } = await waht(stack, 'customer', 'register', '--name', 'Stranger Ltd');
    const { key = '' } = await waht(stack, 'key', 'issue', customer_id, '--kind', 'live');
    other = new GatewayClient(stack.base, key, 4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    beforeSending = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 50));
    messageId = (await gateway.send('+254700000100')).body.message_id;
    await gateway.until(messageId, ({ status }) => status === 'delivered', 30_000);
    await until(
      async () => (await gateway.call('GET', `/v1/audit?resource=${messageId}`)).body['data'] !== undefined,
      10_000,
    );
  });
  afterAll(async () => {
    await Promise.all([gateway?.close(), other?.close()]);
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function until(condition: () => Promise<boolean> | boolean, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const heads = () => join(stack.env['WAHT_AUDIT_FOLDER'] ?? '', 'heads.jsonl');
  interface Rows {
    data: { action: string; actor: { kind: string }; resource: { id: string } }[];
  }

  it('shows a customer what happened to its message, and to another nothing', async () => {
    const own = async () =>
      (await gateway.call<Rows & Record<string, unknown>>('GET', `/v1/audit?resource=${messageId}`)).body.data;
    await until(async () => (await own()).length === 4, 15_000);
    expect((await own()).map(({ action, actor }) => `${action} ${actor.kind}`)).toEqual([
      'MessageDelivered provider',
      'MessageDispatched system',
      'DispatchStarted system',
      'MessageQueued key',
    ]);
    expect(
      (await other.call<Rows & Record<string, unknown>>('GET', `/v1/audit?resource=${messageId}`)).body.data,
    ).toEqual([]);
  });

  it('tells what was known at an instant, of a message and of the wallet', async () => {
    const events = await gateway.timeline(messageId);
    expect(events.map(({ type }) => type)).toEqual([
      'message.queued',
      'message.dispatch_started',
      'message.dispatched',
      'message.delivered',
    ]);
    expect((await gateway.call('GET', `/v1/messages/${messageId}?as_of=${beforeSending}`)).status).toBe(404);
    const now = new Date().toISOString();
    expect((await gateway.call('GET', `/v1/messages/${messageId}?as_of=${now}`)).body).toMatchObject({
      status: 'delivered',
    });
    const then = (await gateway.call('GET', `/v1/billing/balance?as_of=${beforeSending}`)).body;
    expect(then).toEqual({ available_kes: 100_000, reserved_kes: 0, as_of: beforeSending });
    const { available_kes } = (await gateway.call('GET', `/v1/billing/balance?as_of=${now}`)).body;
    expect(available_kes).toBe(99_999.2);
    const { paths } = (
      await gateway.call<{ paths: Record<string, { get: { parameters: object[] } }> }>('GET', '/openapi.json')
    ).body;
    for (const path of [
      '/v1/messages/{id}',
      '/v1/messages/{id}/timeline',
      '/v1/messages/{id}/why',
      '/v1/billing/balance',
      '/v1/audit',
    ]) {
      expect(paths[path]?.get.parameters).toContainEqual(expect.objectContaining({ name: 'as_of', required: false }));
    }
  });

  it('has who asked for what is another’s, though the answer is that of an unknown id', async () => {
    const answer = await other.call('GET', `/v1/messages/${messageId}`);
    expect(answer.status).toBe(404);
    const refused = async () =>
      JSON.parse((await stack.cli('audit', 'list', '--log', 'access', '--json')).output) as object[];
    await until(async () => (await refused()).length > 0, 15_000);
    expect((await refused())[0]).toMatchObject({ reason: 'other_customer', resource: messageId, status: 404 });
  });

  it('is proven by a command, by signed heads, and by a program that knows none of our code', async () => {
    await until(() => existsSync(heads()) && readFileSync(heads(), 'utf8').includes('"log":"access"'), 30_000);
    const verified = await stack.cli('audit', 'verify');
    expect(verified).toMatchObject({ code: 0, output: expect.stringContaining('Everything holds.') });
    const file = join(folder, 'audit.jsonl');
    expect(await stack.cli('audit', 'export', '--out', file)).toMatchObject({ code: 0 });
    const [{ public_key }] = JSON.parse((await stack.cli('audit', 'key', '--json')).output) as [{ public_key: string }];
    const offline = (path: string) => runCommand(process.execPath, [VERIFIER, path, heads(), public_key]);
    expect(await offline(file)).toMatchObject({ code: 0, output: expect.stringContaining('holds') });
    const csv = (await stack.cli('audit', 'export', '--format', 'csv', '--action', 'MessageQueued')).output.split(
      '\r\n',
    );
    expect([csv[0]?.startsWith('seq,event_id,stream'), csv.length]).toEqual([true, 3]);
  });

  it('comes out of a replay byte for byte, and names the row that was edited behind its back', async () => {
    expect(await stack.cli('audit', 'replay')).toMatchObject({
      code: 0,
      output: expect.stringContaining('byte for byte'),
    });
    const superuser = new Client({
      connectionString: stack.env['DATABASE_MIGRATION_URL'] ?? stack.env['DATABASE_URL'],
    });
    await superuser.connect();
    try {
      await superuser.query('ALTER TABLE audit_log DISABLE TRIGGER ALL');
      await superuser.query(`UPDATE audit_log SET actor_id = 'nobody' WHERE seq = 3`);
    } finally {
      await superuser.end();
    }
    const verified = await stack.cli('audit', 'verify');
    expect(verified.code).toBe(1);
    expect(verified.output).toContain('audit log, row 3: row 3 was edited: actor_id');
    expect(await stack.cli('audit', 'replay')).toMatchObject({ code: 1 });
    expect(await stack.cli('audit', 'replay', '--replace')).toMatchObject({
      code: 1,
      output: expect.stringContaining('kept as'),
    });
    expect(await stack.cli('audit', 'verify')).toMatchObject({ code: 0 });
  });
});
