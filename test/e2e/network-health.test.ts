import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { GatewayClient } from '../support/gateway-client';
import { rawLog, type RawEvent } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(240_000);

const COOLDOWN_SECONDS = 45;
const [SAFARICOM, AIRTEL] = ['63902', '63903'];
/** tier_1 refuses it, so tier_2 carries it. */
const REFUSED_AT_TIER_1 = '+254700000107';
const toSafaricom = (n: number): string => `+2547120${String(n).padStart(5, '0')}`;
const toAirtel = (n: number): string => `+2547330${String(n).padStart(5, '0')}`;

describe('a provider that has lost its way to one network', () => {
  let stack: Stack;
  let clients: GatewayClient[];

  beforeAll(async () => {
    stack = await startStack({ env: { ROUTING_COOLDOWN_SECONDS: String(COOLDOWN_SECONDS) } });
    const second = await stack.addApplication({ ROUTING_COOLDOWN_SECONDS: String(COOLDOWN_SECONDS) });
    clients = [stack.base, second.base].map((base) => new GatewayClient(base, stack.demo?.live_key ?? ''));
  });
  afterAll(async () => {
    await Promise.all(clients?.map((client) => client.close()) ?? []);
    await stack?.stop();
  });

  /** The tier that each process would pick now. */
  const picks = (to: string): Promise<string[]> =>
    Promise.all(
      clients.map(async (client) => {
        const body = { to, channel: 'sms', body: 'Your order #4821 has shipped.' };
        return (await client.call<{ provider: string }>('POST', '/v1/messages/quote', body)).body.provider;
      }),
    );
  const moves = async (type: string): Promise<RawEvent['data'][]> =>
    (await rawLog(stack.env['ESDB_URL'] ?? ''))
      .filter((event) => event.type === type && event.stream.startsWith('provider-'))
      .map(({ data }) => data);
  const delivered = async (to: string): Promise<string> => {
    const [client] = clients;
    if (client === undefined) throw new Error('no process');
    const { body } = await client.send(to);
    return (await client.until(body.message_id, ({ final }) => final, 30_000)).provider;
  };

  it('loses that network’s traffic alone, in every process', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => delivered(toAirtel(n))));
    await Promise.all(Array.from({ length: 30 }, () => delivered(REFUSED_AT_TIER_1)));
    await eventually(async () => (await moves('ProviderDegraded')).length > 0, 60_000);
    const away = async (): Promise<boolean> => (await picks(toSafaricom(0))).every((tier) => tier === 'tier_2');
    await eventually(away, 30_000);
    expect(await picks(toAirtel(0))).toEqual(['tier_1', 'tier_1']);
    expect(await delivered(toSafaricom(1))).toBe('tier_2');
    expect(await delivered(toAirtel(1))).toBe('tier_1');
    expect(await moves('ProviderDegraded')).toMatchObject([
      { tier: 'tier_1', network: SAFARICOM, cause: 'score', move: { inputs: { subject: { network: SAFARICOM } } } },
    ]);
    const pages = await Promise.all(clients.map(async ({ baseUrl }) => (await fetch(`${baseUrl}/metrics`)).text()));
    const scores = pages.join('\n').split('\n');
    const scoreOf = (network: string): number =>
      Number(
        scores
          .find((line) => line.startsWith('waht_provider_score') && line.includes('-1"') && line.includes(network))
          ?.split(' ')
          .at(-1),
      );
    expect(scoreOf(SAFARICOM)).toBeLessThan(70);
    expect([scoreOf(AIRTEL), scoreOf('all')]).toEqual([100, 100]);
  });

  it('gets it back by messages that go through', async () => {
    const deadline = performance.now() + 120_000;
    for (let n = 0; (await moves('ProviderRecovered')).length === 0; n++) {
      if (performance.now() > deadline) throw new Error('the network did not come back');
      await delivered(toSafaricom(n));
      await delay(200);
    }
    expect((await moves('ProviderRecovered'))[0]).toMatchObject({
      tier: 'tier_1',
      network: SAFARICOM,
      sharePercent: 5,
    });
    expect((await moves('ProviderDegraded')).filter(({ network }) => network !== SAFARICOM)).toEqual([]);
  });
});
