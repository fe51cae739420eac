import { type GatewayClient, SandboxClient } from '../support/gateway-client';
import { rawLog } from '../support/raw-log';
import { customerWith } from '../support/provisioning';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(120_000);

describe('an idempotency key', () => {
  let stack: Stack;
  let customer: GatewayClient;

  beforeAll(async () => {
    stack = await startStack();
    // Its wallet holds just what one message costs.
    ({ client: customer } = await customerWith(stack, '0.8', 100));
  });
  afterAll(async () => {
    await customer?.close();
    await stack?.stop();
  });

  it('makes a hundred requests at once one message and one charge, with money for just one', async () => {
    const headers = { 'idempotency-key': 'order-4821' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => customer.send('+254712345678', {}, headers)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers['idempotency-replayed'] === 'true')).toHaveLength(99);

    const id = answers[0]?.body.message_id ?? '';
    await customer.until(id, ({ status }) => status === 'delivered', 10_000);
    expect(await new SandboxClient(stack.handset).inbox('+254712345678')).toHaveLength(1);
    expect(await customer.balance()).toMatchObject({ available_kes: 0, reserved_kes: 0 });
    const log = await rawLog(stack.env['ESDB_URL'] ?? '');
    expect(log.filter(({ type, data }) => type === 'MessageQueued' && data['messageId'] === id)).toHaveLength(1);
    expect(log.filter(({ type, data }) => type === 'WalletDebited' && data['messageId'] === id)).toHaveLength(1);

    // Member order and spacing are the same body; another value is not. With no money left neither is asked for any.
    const again = await customer.call(
      'POST',
      '/v1/messages',
      { body: 'Your order #4821 has shipped.', channel: 'sms', to: '+254712345678' },
      headers,
    );
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, 'true']);
    const other = await customer.send('+254712345679', {}, headers);
    expect([other.status, other.body['code']]).toEqual([422, 'idempotency_key_reused']);
    const without = await customer.send('+254712345678');
    expect([without.status, without.body['code']]).toEqual([402, 'insufficient_funds']);
  });

  it('still answers from the store when Redis has forgotten', async () => {
    const { Redis } = await import('ioredis');
    const redis = new Redis(stack.env['REDIS_URL'] ?? '');
    try {
      await redis.flushdb();
    } finally {
      redis.disconnect();
    }
    const headers = { 'idempotency-key': 'order-4821' };
    const again = await customer.send('+254712345678', {}, headers);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, 'true']);
    const other = await customer.send('+254712345670', {}, headers);
    expect([other.status, other.body['code']]).toEqual([422, 'idempotency_key_reused']);
  });

  it.each(['', 'x'.repeat(256), 'naïve'])('refuses the key %j', async (key) => {
    const answer = await fetch(`${stack.base}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${customer.key}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ to: '+254712345678', channel: 'sms', body: 'x' }),
    });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { code: string }).code).toBe('invalid_idempotency_key');
  });
});
