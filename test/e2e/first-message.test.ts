import { execFileSync } from 'node:child_process';
import { GatewayClient, type Message, SandboxClient } from '../support/gateway-client';
import { foldWallet, kes, rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(120_000);

describe('a first message', () => {
  let stack: Stack;
  let live: GatewayClient;
  let sandbox: SandboxClient;

  beforeAll(async () => {
    stack = await startStack();
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '');
    sandbox = new SandboxClient(stack.handset);
  });
  afterAll(async () => {
    await live?.close();
    await stack?.stop();
  });

  it('goes from the pasted curl to the handset within two seconds, and is charged exactly once', async () => {
    const before = await live.balance();
    const printed = execFileSync(
      'curl',
      [
        ...['-sS', '-X', 'POST', `${stack.base}/v1/messages`],
        ...['-H', `Authorization: Bearer ${live.key}`, '-H', 'Content-Type: application/json'],
        ...[
          '-d',
          '{ "to": "+254712345678", "channel": "sms", "body": "Your order #4821 has shipped.", "sender_id": "WAHT" }',
        ],
      ],
      { encoding: 'utf8' },
    );
    const accepted = JSON.parse(printed) as Message;
    expect(accepted).toEqual({
      message_id: expect.stringMatching(/^msg_[0-9A-HJKMNP-TV-Z]{26}$/) as string,
      status: 'queued',
      provider: 'tier_1',
      cost_kes: 0.8,
    });

    const delivered = await live.until(accepted.message_id, ({ status }) => status === 'delivered', 2_000);
    const inbox = await sandbox.inbox('+254712345678');
    expect(inbox).toHaveLength(1);
    expect(inbox[0]).toMatchObject({ body: 'Your order #4821 has shipped.', from: 'WAHT', tier: 'tier_1' });
    expect(delivered).toMatchObject({
      to: '+254712345678',
      from: 'WAHT',
      charge: 'charged',
      cost_kes: 0.8,
      final: true,
      error: null,
    });

    const after = await live.balance();
    expect(Math.round((before.available_kes - after.available_kes) * 10_000)).toBe(8_000);
    expect(after.reserved_kes).toBe(before.reserved_kes);

    const log = await rawLog(stack.env['ESDB_URL'] ?? '');
    const concerning = log.filter(({ data }) => data['messageId'] === accepted.message_id);
    expect(concerning.filter(({ type }) => type === 'FundsReserved')).toHaveLength(1);
    expect(concerning.filter(({ type }) => type === 'WalletDebited')).toHaveLength(1);
    expect(kes(foldWallet(log, `wallet-${stack.demo?.customer_id ?? ''}`).available)).toBe(after.available_kes);
    // What is personal stands nowhere in the log in clear.
    expect(JSON.stringify(log)).not.toContain('254712345678');
    expect(JSON.stringify(log)).not.toContain('has shipped');

    const timeline = await live.timeline(accepted.message_id);
    expect(timeline.map(({ type }) => type)).toEqual([
      'message.queued',
      'message.dispatch_started',
      'message.dispatched',
      'message.delivered',
    ]);
    expect(timeline.map((entry) => entry['sequence'])).toEqual([1, 2, 3, 4]);
  });

  it('answers a read right after the 202, and lists newest first with a cursor that leads through all', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const sent = await live.send('+254712000001', { client_reference: `order-${n}` });
      expect((await live.call('GET', `/v1/messages/${sent.body.message_id}`)).status).toBe(200);
      ids.unshift(sent.body.message_id);
    }
    await live.until(ids[0] ?? '', ({ status }) => status === 'delivered', 5_000);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { data: Message[]; next_cursor: string | null } = (
        await live.call<{ data: Message[]; next_cursor: string | null }>(
          'GET',
          `/v1/messages?to=%2B254712000001&limit=2${cursor === '' ? '' : `&after=${encodeURIComponent(cursor)}`}`,
        )
      ).body;
      seen.push(...page.data.map(({ message_id }) => message_id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids);
    const byReference = await live.call<{ data: Message[] }>('GET', '/v1/messages?client_reference=order-3');
    expect(byReference.body.data.map(({ message_id }) => message_id)).toEqual([ids[1]]);
  });

  it('keeps test and live apart', async () => {
    const test = new GatewayClient(stack.base, stack.demo?.test_key ?? '');
    try {
      const liveBefore = await live.balance();
      const sent = await test.send('0712 000-002');
      expect(sent.status).toBe(202);
      const message = await test.until(sent.body.message_id, ({ status }) => status === 'delivered', 5_000);
      expect(message).toMatchObject({ mode: 'test', to: '+254712000002', cost_kes: 0.8 });
      const foreign = await live.call('GET', `/v1/messages/${sent.body.message_id}`);
      const never = await live.call('GET', `/v1/messages/msg_00000000000000000000000000`);
      expect(foreign.status).toBe(404);
      const shape = ({ request_id: _, ...rest }: Record<string, unknown>): object => rest;
      expect(shape(foreign.body)).toEqual(shape(never.body));
      expect(await live.balance()).toMatchObject({ available_kes: liveBefore.available_kes });
      expect((await test.balance()).available_kes).toBe(1_000_000 - 0.8);
    } finally {
      await test.close();
    }
  });

  it('says what it is: health, metrics, OpenAPI, documentation', async () => {
    for (const path of ['/health/live', '/health/ready', '/docs', '/openapi.json'])
      expect([path, (await fetch(`${stack.base}${path}`)).status]).toEqual([path, 200]);
    const metrics = await (await fetch(`${stack.base}/metrics`)).text();
    for (const what of ['request', 'append', 'projection', 'dispatch', 'wallet']) expect(metrics).toContain(what);
    const document = (await (await fetch(`${stack.base}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
      components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
    };
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/messages',
        '/v1/messages/{id}',
        '/v1/messages/{id}/timeline',
        '/v1/messages/{id}/why',
        '/v1/billing/balance',
      ]),
    );
    // The answer has send_at; the request has nothing that is not served yet.
    const asked = Object.keys(document.components.schemas['SendMessageDto']?.properties ?? {});
    expect(asked).toEqual(
      expect.arrayContaining(['to', 'channel', 'body', 'sender_id', 'valid_for_seconds', 'on_unknown']),
    );
    expect(asked).not.toEqual(expect.arrayContaining(['callback_url']));
  });
});
