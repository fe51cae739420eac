import type { CustomerEvent, PriceListEvent } from '../../../src/domain/customer/events';
import { streams } from '../../../src/domain/shared/streams';
import { CustomerMemory } from '../../../src/infrastructure/customer-directory/customer-memory';
import { customersProjection } from '../../../src/projections/customers/customers.projection';
import { loadCustomers } from '../../../src/projections/customers/customers.reader';
import { testId } from '../../support/message-events';
import {
  applyTwice,
  DELIVERIES,
  migratedDatabase,
  TestLog,
  type MigratedDatabase,
} from '../../support/projection-spec';

const customerId = testId('cus', 1);
const customer = streams.customer(customerId);
const priceListId = 'prl_1';
const priceList = streams.priceList(priceListId);

const REGISTERED: CustomerEvent[] = [
  { type: 'CustomerRegistered', data: { customerId, name: 'Duka\u0000' } },
  {
    type: 'ApiKeyIssued',
    data: {
      customerId,
      keyId: 'K1',
      hash: 'aa',
      mode: 'live',
      scopes: ['messages'],
      label: 'first',
      expiresAt: null,
    },
  },
  { type: 'SenderIdRequested', data: { customerId, sender: 'constructor', class: 'transactional' } },
  { type: 'SenderIdApproved', data: { customerId, sender: 'constructor', tier: 'tier_1' } },
  { type: 'PriceListAssigned', data: { customerId, priceListId } },
  { type: 'RoutingAssigned', data: { customerId, tiers: ['tier_2', 'tier_1'] } },
];
const published = (version: number, tier_1: string): PriceListEvent => ({
  type: 'PriceListPublished',
  data: {
    priceListId,
    version,
    name: 'List',
    perSegment: { tier_1, tier_2: '10000', tier_3: '25000' },
    networks: [{ network: '63903', perSegment: { tier_2: '11000' } }],
  },
});

describe.each(DELIVERIES)('customers, events %s and each twice', (delivery) => {
  let db: MigratedDatabase;
  beforeAll(async () => {
    db = await migratedDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => db.database.query({ text: 'TRUNCATE customers, price_lists' }));

  async function memoryAfter(given: TestLog, news: TestLog['all']): Promise<CustomerMemory> {
    await applyTwice(db.database, customersProjection, given.all.slice(0, -news.length || undefined), 'in one batch');
    await applyTwice(db.database, customersProjection, news, delivery);
    const stored = await loadCustomers(db.database);
    await applyTwice(db.database, customersProjection, given.all, delivery);
    expect(await loadCustomers(db.database)).toEqual(stored);
    const memory = new CustomerMemory();
    memory.load(stored);
    return memory;
  }

  it('comes back as what the directory hands out', async () => {
    const log = new TestLog();
    log.append(priceList, published(1, '8000'));
    for (const event of REGISTERED) log.append(customer, event);
    const memory = await memoryAfter(log, log.all.slice(-3));
    const key = memory.key('K1');
    expect(key).toMatchObject({ keyId: 'K1', hash: 'aa', mode: 'live', expiresAt: null, revoked: false });
    expect(key?.customer).toMatchObject({ name: 'Duka\ufffd', suspended: false, routing: ['tier_2', 'tier_1'] });
    expect(key?.customer.priceList).toMatchObject({ version: 1, perSegment: { tier_1: 8_000n } });
    expect(key?.customer.priceList?.byNetwork.get('63903')).toMatchObject({ tier_1: 8_000n, tier_2: 11_000n });
    expect([...(key?.customer.senders.get('constructor')?.approvedAt ?? [])]).toEqual(['tier_1']);
    expect(memory.key('constructor')).toBeNull();
    expect(memory.knownRevision(customer)).toBe(5n);
  });

  it('has the next version of a price list, a revoked key and a suspension', async () => {
    const log = new TestLog();
    log.append(priceList, published(1, '8000'));
    for (const event of REGISTERED) log.append(customer, event);
    const news = [
      log.append(priceList, published(2, '9000')),
      log.append(customer, { type: 'ApiKeyRevoked', data: { customerId, keyId: 'K1' } }),
      log.append(customer, { type: 'CustomerSuspended', data: { customerId, note: 'unpaid' } }),
    ];
    const memory = await memoryAfter(log, news);
    expect(memory.key('K1')?.revoked).toBe(true);
    expect(memory.customer(customerId)).toMatchObject({ suspended: true, priceList: { version: 2 } });
    expect(memory.customer(customerId)?.priceList?.perSegment.tier_1).toBe(9_000n);
  });

  it('is the same when it goes on from the feed instead', async () => {
    const log = new TestLog();
    log.append(priceList, published(1, '8000'));
    for (const event of REGISTERED) log.append(customer, event);
    const half = await memoryAfter(log, log.all.slice(-2));
    log.append(priceList, published(2, '9000'));
    log.append(customer, { type: 'CustomerSuspended', data: { customerId, note: 'unpaid' } });
    // The feed starts at a checkpoint that lies before what the rows hold: what is known comes again.
    for (const event of log.all.slice(2)) half.apply(event);
    const whole = new CustomerMemory();
    for (const event of log.all) whole.apply(event);
    expect(half.customer(customerId)).toMatchObject({ suspended: true, priceList: { version: 2 } });
    expect({ ...half.find(customerId), name: '' }).toEqual({ ...whole.find(customerId), name: '' });
  });

  it('serves nobody of whom an event cannot be read, after a restart too', async () => {
    const log = new TestLog();
    for (const event of REGISTERED) log.append(customer, event);
    const memory = await memoryAfter(log, log.all.slice(-1));
    expect(memory.key('K1')?.revoked).toBe(false);
    expect(memory.shut(customer)).toBe(customerId);
    expect(memory.shut(priceList)).toBeNull();
    expect(() => memory.key('K1')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(memory.key('K2')).toBeNull();

    await db.database.query({
      text: `INSERT INTO parked_streams (projection, version, stream, revision, type, problem, error, held)
             VALUES ('customers', 1, $1, 6, 'ApiKeyRevoked', 'newer_version', '', 1)`,
      values: [customer],
    });
    const again = new CustomerMemory();
    again.load(await loadCustomers(db.database));
    expect(() => again.key('K1')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    await db.database.query({ text: 'DELETE FROM parked_streams' });
  });
});
