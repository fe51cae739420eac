import { GatewayClient, type Message, SandboxClient } from '../support/gateway-client';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(120_000);

describe('scheduled messages', () => {
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

  const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const schedule = (to: string, sendAt: string, headers: Record<string, string> = {}) =>
    live.send(to, { send_at: sendAt }, headers);
  const change = (method: 'PATCH' | 'DELETE', id: string, body?: object) =>
    live.call<Message>(method, `/v1/messages/${id}`, body);

  it('go at their time, however they are written, and are charged once', async () => {
    const before = await live.balance();
    const sendAt = inMs(3_000);
    const nairobi = new Date(Date.parse(sendAt) + 3 * 3_600_000).toISOString().replace('Z', '+03:00');
    const { status, body } = await schedule('+254712000001', nairobi, { 'idempotency-key': 'later-1' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'scheduled', send_at: sendAt, cost_kes: 0.8 });
    const again = await schedule('+254712000001', nairobi, { 'idempotency-key': 'later-1' });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(body);
    expect(await live.message(body.message_id)).toMatchObject({ status: 'scheduled', final: false, send_at: sendAt });
    expect((await live.balance()).reserved_kes).toBeGreaterThanOrEqual(0.8);
    expect(await sandbox.inbox('+254712000001')).toEqual([]);
    await live.until(body.message_id, (message) => message.status === 'delivered', 10_000);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(sendAt));
    expect(await sandbox.inbox('+254712000001')).toHaveLength(1);
    expect((await live.timeline(body.message_id)).map(({ type }) => type)).toEqual([
      ...['message.scheduled', 'message.queued', 'message.dispatch_started', 'message.dispatched'],
      'message.delivered',
    ]);
    await live.settledTo(before.available_kes - 0.8);
  });

  it('can be moved, and taken back with their money', async () => {
    const before = await live.balance();
    const { body } = await schedule('+254712000002', inMs(60_000));
    const later = inMs(3_600_000);
    const moved = await change('PATCH', body.message_id, { send_at: later });
    expect(moved).toMatchObject({ status: 200, body: { status: 'scheduled', send_at: later } });
    const gone = await change('DELETE', body.message_id);
    expect(gone).toMatchObject({
      status: 200,
      body: { status: 'cancelled', final: true, charge: 'released', cost_kes: 0 },
    });
    expect((await change('DELETE', body.message_id)).status).toBe(200);
    expect(await change('PATCH', body.message_id, { send_at: later })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    await live.settledTo(before.available_kes);
    expect(await sandbox.inbox('+254712000002')).toEqual([]);
  });

  it('cannot be taken back once they are on their way, nor by anybody else', async () => {
    const { body } = await live.send('+254712000003');
    await live.until(body.message_id, (message) => message.status === 'delivered', 10_000);
    expect(await change('DELETE', body.message_id)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const test = new GatewayClient(stack.base, stack.demo?.test_key ?? '');
    const scheduled = await schedule('+254712000004', inMs(60_000));
    const answer = await test.call('DELETE', `/v1/messages/${scheduled.body.message_id}`);
    const unknown = await test.call('DELETE', '/v1/messages/msg_01HXKR3M8Q0000000000000000');
    expect([answer.status, unknown.status]).toEqual([404, 404]);
    expect({ ...answer.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    await test.close();
  });

  it.each([0, -1_000, 181 * 86_400_000])('refuses one %s ms ahead', async (ms) => {
    expect(await schedule('+254712000005', inMs(ms))).toMatchObject({
      status: 422,
      body: { code: 'validation_failed' },
    });
  });

  it('are quoted before they are sent', async () => {
    const quote = { to: '+254712000006', channel: 'sms', body: 'It\u2019s shipped', encoding: 'auto' };
    expect(await live.call('POST', '/v1/messages/quote', quote)).toMatchObject({
      status: 200,
      body: {
        encoding: 'ucs2',
        segments: 1,
        provider: 'tier_1',
        cost_kes: 0.8,
        would_send: true,
        code: null,
        offending_characters: [{ code_point: 'U+2019', replacement: "'" }],
      },
    });
    expect(await live.call('POST', '/v1/messages/quote', { ...quote, to: '+254700000112' })).toMatchObject({
      status: 200,
      body: { would_send: false, code: 'fraud_blocked' },
    });
  });
});
