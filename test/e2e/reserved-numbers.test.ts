import { GatewayClient, type Message, SandboxClient } from '../support/gateway-client';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(120_000);

/** Deadlines short enough to see the end of what never answers. */
const ENV = {
  DEFAULT_VALIDITY_SECONDS: '8',
  REPORT_GRACE_SECONDS: '2',
  PROVIDER_DEADLINE_MS: '1500',
  RETRY_DELAYS_MS: '200,400',
  WAIT_RETRY_MS: '1000',
};

describe('reserved numbers, with a test key', () => {
  let stack: Stack;
  let test: GatewayClient;
  let sandbox: SandboxClient;

  beforeAll(async () => {
    stack = await startStack({ env: ENV });
    test = new GatewayClient(stack.base, stack.demo?.test_key ?? '');
    sandbox = new SandboxClient(stack.handset);
  });
  afterAll(async () => {
    await test?.close();
    await stack?.stop();
  });

  async function fate(
    nn: string,
    more: Record<string, unknown> = {},
  ): Promise<{ message: Message; copies: number; types: string[] }> {
    const to = `+2547000001${nn}`;
    const sent = await test.send(to, more);
    expect(sent.status).toBe(202);
    const message = await test.until(sent.body.message_id, ({ final }) => final, 30_000);
    // Whatever still comes after the end (a second report, a contradiction) has come by then.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const timeline = await test.timeline(sent.body.message_id);
    return {
      message: await test.message(message.message_id),
      copies: (await sandbox.inbox(to)).length,
      types: timeline.map(({ type }) => type),
    };
  }

  it.each([
    ['00', { status: 'delivered', provider: 'tier_1', charge: 'charged', cost_kes: 0.8 }, 1],
    ['01', { status: 'failed', provider: 'tier_1', charge: 'charged', cost_kes: 0.8 }, 0],
    ['02', { status: 'failed', provider: 'tier_1', charge: 'charged', cost_kes: 0.8 }, 0],
    ['03', { status: 'unknown', provider: 'tier_1', charge: 'charged', cost_kes: 0.8 }, 1],
    ['05', { status: 'delivered', provider: 'tier_1', charge: 'charged', cost_kes: 0.8 }, 1],
    ['06', { status: 'delivered', provider: 'tier_1', charge: 'charged', cost_kes: 0.8 }, 1],
    ['07', { status: 'delivered', provider: 'tier_2', charge: 'charged', cost_kes: 1 }, 1],
    ['08', { status: 'failed', charge: 'released', cost_kes: 0, error: { code: 'all_tiers_refused' } }, 0],
    ['09', { status: 'unknown', charge: 'released', cost_kes: 0 }, 1],
    ['10', { status: 'delivered', provider: 'tier_1', charge: 'charged', cost_kes: 0.8 }, 1],
    ['11', { status: 'failed', charge: 'released', cost_kes: 0, error: { code: 'opted_out' } }, 0],
  ])('…1%s ends as published', async (nn, expected, copies) => {
    const seen = await fate(nn);
    expect(seen.message).toMatchObject(expected);
    expect(seen.copies).toBe(copies);
  });

  it('…112 is refused as fraud before any provider hears of it', async () => {
    const requests = (await sandbox.providers()).map(({ requests: n }) => n);
    const answer = await test.send('+254700000112');
    expect([answer.status, answer.body['code']]).toEqual([403, 'fraud_blocked']);
    expect((await sandbox.providers()).map(({ requests: n }) => n)).toEqual(requests);
  });

  it('shows each attempt of a message that met temporary failures', async () => {
    const { types } = await fate('10', { body: 'Another text.' });
    expect(types.filter((type) => type === 'message.dispatch_failed')).toHaveLength(2);
    expect(types.filter((type) => type === 'message.dispatch_started')).toHaveLength(3);
  });

  it('leaves no money reserved', async () => {
    expect((await test.balance()).reserved_kes).toBe(0);
  });
});
