import { join } from 'node:path';
import { runCommand } from '../../../src/infrastructure/embedded/launcher/run-command';
import { parseApiKey } from '../../../src/domain/customer/api-key';
import { createTestDatabase, testDist, testEventStoreUrl, type TestDatabase } from '../../support/services';

const secret = (n: number): string => Buffer.alloc(32, n).toString('base64url');

/** The command line as people run it: the compiled program, a process for each command, no application beside it. */
describe('waht', () => {
  let place: TestDatabase;
  beforeAll(async () => {
    place = await createTestDatabase();
  });
  afterAll(() => place.drop());
  jest.setTimeout(240_000);

  async function waht(...args: string[]): Promise<{ code: number | null; output: string }> {
    const tiers = [1, 2, 3].flatMap((n) => [
      [`TIER_${n}`, 'simulated'],
      [`TIER_${n}_NAME`, `sim_${n}`],
      [`TIER_${n}_URL`, 'http://127.0.0.1:9'],
      [`TIER_${n}_USERNAME`, 'sandbox'],
      [`TIER_${n}_API_KEY`, secret(n)],
    ]);
    return runCommand(process.execPath, [join(testDist(), 'cli', 'main.js'), ...args], {
      env: {
        PATH: process.env['PATH'],
        ESDB_URL: testEventStoreUrl(),
        DATABASE_URL: place.url,
        REDIS_URL: 'redis://127.0.0.1:1',
        WAHT_MASTER_KEY: secret(11),
        WAHT_LOOKUP_KEY: secret(12),
        WAHT_CALLBACK_SECRET: secret(13),
        WAHT_OPERATOR: 'amina',
        ...Object.fromEntries(tiers),
      },
    });
  }

  async function json<T>(...args: string[]): Promise<T> {
    const { code, output } = await waht(...args, '--json');
    if (code !== 0) throw new Error(output);
    const line = output.trim().split('\n').at(-1) ?? '';
    return JSON.parse(line) as T;
  }

  it('registers a customer and provisions it', async () => {
    const { customer_id } = await json<{ customer_id: string }>('customer', 'register', '--name', 'Duka Ltd');
    const issued = await json<{ key_id: string; key: string }>('key', 'issue', customer_id, '--kind', 'billing');
    expect(parseApiKey(issued.key)).toEqual({ kind: 'billing', keyId: issued.key_id });
    await json('sender-id', 'request', customer_id, 'DUKA');
    await json('sender-id', 'approve', customer_id, 'DUKA', '--tier', 'tier_2');
    await json('sender-id', 'default', customer_id, 'DUKA');
    await json('routing', 'assign', customer_id, 'tier_2,tier_1');
    await json('limits', 'set', customer_id, '--messages-per-minute', '7', '--countries', 'ke,ug');
    await json('key', 'revoke', customer_id, issued.key_id);
    const published = await json<{ price_list_id: string }>(
      ...['price-list', 'publish', '--name', 'List', '--tier-1', '0.8', '--tier-2', '1', '--tier-3', '2.5'],
      ...['--network', 'airtel:tier_1=0.9001,tier_3=2.4', '--network', '63907:tier_1=1'],
    );
    expect(published).toMatchObject({
      per_segment_kes: { tier_1: 0.8, tier_2: 1, tier_3: 2.5 },
      networks: [
        { network: '63903', name: 'Airtel', per_segment_kes: { tier_1: 0.9001, tier_3: 2.4 } },
        { network: '63907', name: 'Telkom', per_segment_kes: { tier_1: 1 } },
      ],
    });
    const { price_list_id } = published;
    await json('price-list', 'assign', customer_id, price_list_id);
    expect(await json('customer', 'show', customer_id)).toMatchObject({
      name: 'Duka Ltd',
      suspended: false,
      routing: ['tier_2', 'tier_1'],
      price_list_id,
      default_sender: 'DUKA',
      senders: [{ sender: 'DUKA', class: 'transactional', approved_at: ['tier_2'] }],
      limits: { requests_per_second_per_key: 600, messages_per_minute_per_recipient: 7, countries: ['KE', 'UG'] },
      keys: [{ key_id: issued.key_id, mode: 'live', scopes: ['billing', 'balance'], revoked: true }],
    });
    expect(JSON.stringify(await json('customer', 'show', customer_id))).not.toContain('hash');
  });

  it('moves money with a note, and never below nothing', async () => {
    const { customer_id } = await json<{ customer_id: string }>('customer', 'register', '--name', 'Money');
    expect(await json('wallet', 'show', customer_id, '--mode', 'test')).toMatchObject({ available_kes: 1_000_000 });
    const credited = await json('wallet', 'credit', customer_id, '100.5', '--note', 'bank transfer');
    expect(credited).toMatchObject({ available_kes: 100.5, reserved_kes: 0 });
    expect(await json('wallet', 'adjust', customer_id, '0.5', '--note', 'rounding')).toMatchObject({
      available_kes: 100,
    });
    const { code, output } = await waht('wallet', 'adjust', customer_id, '100.0001', '--note', 'too much');
    expect([code, output.trim().split('\n').at(-1)]).toEqual([1, 'This needs KES 100.0001, and KES 100 is available.']);
  });

  it('sets the demo up once: the second time only the keys are new', async () => {
    type Demo = { customer_id: string; live_key: string; billing_key: string; test_key: string; prices: object };
    const first = await json<Demo>('demo');
    const second = await json<Demo>('demo');
    expect(first.prices).toEqual({ tier_1: 0.8, tier_2: 1, tier_3: 2.5 });
    for (const { live_key, billing_key, test_key } of [first, second]) {
      expect([live_key, billing_key, test_key].map((key) => parseApiKey(key)?.kind)).toEqual([
        'live',
        'billing',
        'test',
      ]);
    }
    expect(second.live_key).not.toBe(first.live_key);
    expect(second.customer_id).toBe(first.customer_id);
    expect(await json('wallet', 'show', first.customer_id)).toMatchObject({ available_kes: 100_000 });
    expect(await json('customer', 'show', first.customer_id)).toMatchObject({
      default_sender: 'WAHT',
      senders: [{ sender: 'WAHT', approved_at: ['tier_1', 'tier_2', 'tier_3'] }],
      routing: ['tier_1', 'tier_2', 'tier_3'],
    });
  });

  it('places and lifts a block on a recipient without naming the number', async () => {
    const { customer_id } = await json<{ customer_id: string }>('customer', 'register', '--name', 'Blocks');
    const target = ['--customer', customer_id, '--to', '0712 345 678', '--note', 'asked to'];
    const placed = await json<{ subject: string; changed: boolean }>('block', 'place', ...target);
    expect(placed).toMatchObject({ changed: true, subject: expect.stringMatching(/^sub_/) });
    expect(await json('block', 'place', ...target)).toEqual({ ...placed, changed: false });
    expect(await json('block', 'lift', ...target)).toEqual({ ...placed, changed: true });
  });

  it.each([
    [['customer', 'show', 'cus_00000000000000000000000000'], 'There is no customer cus_00000000000000000000000000.'],
    [['customer', 'show', 'cus_1'], 'It must be an id, cus_ and 26 characters.'],
    [['wallet', 'credit', 'cus_00000000000000000000000000', '1'], "required option '--note <note>' not specified"],
    [['wallet', 'credit', 'cus_00000000000000000000000000', '1.23456', '--note', 'x'], 'at most four decimals'],
    [['wallet', 'credit', 'cus_00000000000000000000000000', '0', '--note', 'x'], 'It must be more than 0.'],
    [['routing', 'assign', 'cus_00000000000000000000000000', 'tier_9'], 'It must be one of tier_1, tier_2, tier_3.'],
    [['price-list', 'publish', '--network', 'vodacom:tier_1=1'], 'It must begin with a network and a colon'],
    [['price-list', 'publish', '--network', 'airtel:0.9'], 'It must be one of tier_1, tier_2, tier_3.'],
    [['price-list', 'publish', '--network', 'airtel:tier_1='], 'It must be an amount in KES'],
    [['block', 'lift', '--prefix', '254'], "required option '--note <note>' not specified"],
    [['block', 'place', '--note', 'x'], 'Name one target'],
    [['message', 'show', 'msg_00000000000000000000000000'], 'There is no message msg_00000000000000000000000000.'],
    [['nonsense'], "unknown command 'nonsense'"],
  ])('says in one line what is wrong with %j, and ends with 1', async (args, line) => {
    const { code, output } = await waht(...args);
    expect(code).toBe(1);
    expect(output).toContain(line);
    expect(output).not.toMatch(/\n\s+at /);
  });
});
