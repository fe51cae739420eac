import { setTimeout as delay } from 'node:timers/promises';
import { GatewayClient, SandboxClient } from '../../support/gateway-client';
import { type Stack, startStack } from '../../support/stack';

jest.setTimeout(180_000);

const PER_SECOND = 50;
const SECONDS = 6;

describe('failover', () => {
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
  afterEach(() => sandbox.reset('sandbox-tier-1'));

  it.each(['refuse', '503'])('carries %s at tier_1 by tier_2, each message once, at its price', async (outage) => {
    const prefix = outage === 'refuse' ? '+25472200' : '+25472300';
    const before = await live.balance();
    await sandbox.set('sandbox-tier-1', { outage });
    const sent: Promise<string>[] = [];
    for (let n = 0; n < PER_SECOND * SECONDS; n++) {
      sent.push(
        live.send(`${prefix}${String(n).padStart(4, '0')}`).then(({ status, body }) => {
          expect(status).toBe(202);
          return body.message_id;
        }),
      );
      await delay(1000 / PER_SECOND);
    }
    const ids = await Promise.all(sent);
    const messages = await Promise.all(ids.map((id) => live.until(id, ({ final }) => final, 60_000)));
    expect(
      new Set(messages.map(({ status, provider, cost_kes, charge }) => `${status} ${provider} ${cost_kes} ${charge}`)),
    ).toEqual(new Set(['delivered tier_2 1 charged']));

    const inbox = (await sandbox.inbox()).filter(({ to }) => to.startsWith(prefix));
    expect(inbox).toHaveLength(ids.length);
    expect(new Set(inbox.map(({ to }) => to)).size).toBe(ids.length);
    expect(new Set(inbox.map(({ tier }) => tier))).toEqual(new Set(['tier_2']));
    const after = await live.balance();
    expect(Math.round((before.available_kes - after.available_kes) * 10_000)).toBe(ids.length * 10_000);
    expect(after.reserved_kes).toBe(0);
  });

  it('returns to tier_1 once it has recovered', async () => {
    const deadline = performance.now() + 90_000;
    for (let n = 0; ; n++) {
      const { body } = await live.send(`+25472400${String(n).padStart(4, '0')}`);
      const message = await live.until(body.message_id, ({ final }) => final, 20_000);
      if (message.provider === 'tier_1') break;
      if (performance.now() > deadline) throw new Error('tier_1 was not used again');
      await delay(1_000);
    }
  });
});
