import { GatewayClient } from '../../support/gateway-client';
import { foldWallet, kes, rawLog } from '../../support/raw-log';
import { waht } from '../../support/provisioning';
import { type Stack, startStack } from '../../support/stack';

jest.setTimeout(240_000);

const SENDERS_EACH = 32;
const RUN_MS = 10_000;

describe('two processes on one wallet', () => {
  let stack: Stack;
  let both: GatewayClient[];

  beforeAll(async () => {
    stack = await startStack();
    const second = await stack.addApplication();
    both = [stack.base, second.base].map((base) => new GatewayClient(base, stack.demo?.live_key ?? '', SENDERS_EACH));
  });
  afterAll(async () => {
    await Promise.all(both?.map((client) => client.close()) ?? []);
    await stack?.stop();
  });

  it('take 32 senders each for ten seconds, and agree on the money', async () => {
    const statuses = new Map<string, number>();
    const until = performance.now() + RUN_MS;
    let n = 0;
    const sender = async (client: GatewayClient): Promise<void> => {
      while (performance.now() < until) {
        const { status, body } = await client.send(`+25474${String(n++).padStart(7, '0')}`);
        const answer = status === 202 ? '202' : `${status} ${String(body['detail'])}`;
        statuses.set(answer, (statuses.get(answer) ?? 0) + 1);
      }
    };
    await Promise.all(both.flatMap((client) => Array.from({ length: SENDERS_EACH }, () => sender(client))));
    process.stdout.write(`two processes: ${JSON.stringify(Object.fromEntries(statuses))}\n`);
    const { 202: accepted = 0, ...refused } = Object.fromEntries(statuses);
    expect(refused).toEqual({});
    expect(accepted).toBeGreaterThan(10 * SENDERS_EACH);

    const wallet = foldWallet(await rawLog(stack.env['ESDB_URL'] ?? ''), `wallet-${stack.demo?.customer_id ?? ''}`);
    expect(wallet.lowest).toBe(0n);
    for (const client of both) {
      const { available_kes, reserved_kes } = await client.balance();
      // Dispatch goes on meanwhile, which moves money from reserved to spent but never makes any.
      expect(available_kes).toBe(kes(wallet.available));
      expect(reserved_kes).toBeLessThanOrEqual(kes(wallet.reserved));
    }
  });

  it('spend at once through one what was credited through the other', async () => {
    const customer = stack.demo?.customer_id ?? '';
    const [first, second] = both;
    const { available_kes } = (await first?.balance()) ?? { available_kes: 0 };
    await waht(stack, 'wallet', 'adjust', customer, String(available_kes), '--note', 'emptied by a test');
    for (const client of both) expect((await client.send('+254712345678')).status).toBe(402);
    await waht(stack, 'wallet', 'credit', customer, '1.6', '--note', 'for two messages');
    expect((await first?.send('+254712345678'))?.status).toBe(202);
    expect((await second?.send('+254712345678'))?.status).toBe(202);
    for (const client of both) expect((await client.send('+254712345678')).status).toBe(402);
  });
});
