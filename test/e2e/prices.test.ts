import { GatewayClient, type Message } from '../support/gateway-client';
import { eventually } from '../support/eventually';
import { waht } from '../support/provisioning';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(120_000);

const DEMO_PRICES = 'prl_0000000000000000000000DEM0';
const [SAFARICOM, AIRTEL] = ['+254712000001', '+254733000001'];
/** tier_1 refuses it, so tier_2 carries it. */
const REFUSED_AT_TIER_1 = '+254700000107';

interface Quote {
  network: string | null;
  prices_kes: Record<string, number>;
  cost_kes: number;
}

describe('prices by network', () => {
  let stack: Stack;
  let live: GatewayClient;

  const publish = (tier1: string, tier2: string, ...networks: string[]) =>
    waht(
      stack,
      ...['price-list', 'publish', '--id', DEMO_PRICES, '--name', 'Demo'],
      ...['--tier-1', tier1, '--tier-2', tier2, '--tier-3', '2.5'],
      ...networks.flatMap((prices) => ['--network', prices]),
    );
  const quote = async (to: string): Promise<Quote> =>
    (
      await live.call<Quote & Record<string, unknown>>('POST', '/v1/messages/quote', {
        to,
        channel: 'sms',
        body: 'Your order #4821 has shipped.',
      })
    ).body;
  /** The program learns of it within milliseconds. */
  const quoted = (to: string, cost: number): Promise<void> =>
    eventually(async () => (await quote(to)).cost_kes === cost, 10_000);
  const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const charged = (id: string): Promise<Message> => live.until(id, ({ charge }) => charge === 'charged', 20_000);

  beforeAll(async () => {
    stack = await startStack();
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '');
    await publish('0.8', '1', 'airtel:tier_1=0.9001,tier_2=1.2');
    await quoted(AIRTEL, 0.9001);
  });
  afterAll(async () => {
    await live?.close();
    await stack?.stop();
  });

  it('are quoted for the recipient’s, and charged', async () => {
    expect(await quote(AIRTEL)).toMatchObject({
      network: '63903',
      prices_kes: { tier_1: 0.9001, tier_2: 1.2, tier_3: 2.5 },
    });
    expect(await quote(SAFARICOM)).toMatchObject({
      network: '63902',
      prices_kes: { tier_1: 0.8, tier_2: 1, tier_3: 2.5 },
    });
    expect(await quote('+256772000001')).toMatchObject({ network: null, cost_kes: 0.8 });
    const before = await live.balance();
    const { body } = await live.send(AIRTEL, { body: 'x'.repeat(161) });
    expect(body).toMatchObject({ provider: 'tier_1', cost_kes: 1.8002 });
    expect(await charged(body.message_id)).toMatchObject({ cost_kes: 1.8002 });
    await live.settledTo(before.available_kes - 1.8002);
  });

  it('stay as they were for what was accepted, at whichever tier carries it', async () => {
    const before = await live.balance();
    const waiting = await live.send(AIRTEL, { send_at: inMs(3_600_000) });
    const rerouted = await live.send(REFUSED_AT_TIER_1, { send_at: inMs(3_600_000) });
    expect([waiting.body.cost_kes, rerouted.body.cost_kes]).toEqual([0.9001, 0.8]);
    await publish('7', '8', 'airtel:tier_1=9');
    await quoted(AIRTEL, 9);
    await quoted(SAFARICOM, 7);
    for (const { body } of [waiting, rerouted]) {
      await live.call('PATCH', `/v1/messages/${body.message_id}`, { send_at: inMs(3_000) });
    }
    expect(await live.message(waiting.body.message_id)).toMatchObject({ cost_kes: 0.9001 });
    expect(await charged(waiting.body.message_id)).toMatchObject({ provider: 'tier_1', cost_kes: 0.9001 });
    expect(await charged(rerouted.body.message_id)).toMatchObject({ provider: 'tier_2', cost_kes: 1 });
    await live.settledTo(before.available_kes - 1.9001);
  });
});
