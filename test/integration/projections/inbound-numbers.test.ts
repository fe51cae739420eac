import type { InboundEvent } from '../../../src/domain/inbound/events';
import { streams } from '../../../src/domain/shared/streams';
import { inboundNumbersProjection } from '../../../src/projections/inbound-numbers/inbound-numbers.projection';
import { assignedNumbers } from '../../../src/projections/inbound-numbers/inbound-numbers.reader';
import {
  applyTwice,
  DELIVERIES,
  migratedDatabase,
  TestLog,
  type MigratedDatabase,
} from '../../support/projection-spec';

type Assigned = Extract<InboundEvent, { type: 'InboundNumberAssigned' }>;
const assigned = (number: string, change: Partial<Assigned['data']> = {}): Assigned => ({
  type: 'InboundNumberAssigned',
  data: { number, keyword: null, customerId: 'cus_1', mode: 'live', senders: [], ...change },
});
const released = (number: string, keyword: string | null, customerId = 'cus_1'): InboundEvent => ({
  type: 'InboundNumberReleased',
  data: { number, keyword, customerId },
});

describe.each(DELIVERIES)('inbound numbers, events %s and each twice', (delivery) => {
  let db: MigratedDatabase;
  beforeAll(async () => {
    db = await migratedDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => db.database.query({ text: 'TRUNCATE inbound_numbers' }));

  it('lists what stands: keywords apart, changed, released, and assigned to another', async () => {
    const log = new TestLog();
    const append = (event: InboundEvent) => log.append(streams.inbound(event.data.number), event);
    const given = [
      append(assigned('22384')),
      append(assigned('22384', { keyword: 'SHOP', customerId: 'cus_2', senders: ['SHOP'] })),
      append(assigned('+254711082300')),
    ];
    await applyTwice(db.database, inboundNumbersProjection, given, 'in one batch');
    const news = [
      append(assigned('22384', { mode: 'test', senders: ['WAHT'] })),
      append(released('22384', 'SHOP', 'cus_2')),
      append(assigned('22384', { keyword: 'SHOP', customerId: 'cus_3' })),
      append({ type: 'ParkedTextDiscarded', data: { number: '22384', textId: 't', note: 'n' } }),
      append(released('+254711082300', null)),
    ];
    await applyTwice(db.database, inboundNumbersProjection, news, delivery);
    const [changed, , shop] = news.map(({ metadata }) => metadata.at);
    const standing = [
      {
        number: '22384',
        keyword: null,
        customer_id: 'cus_1',
        mode: 'test',
        senders: ['WAHT'],
        assigned_at: changed,
      },
      {
        number: '22384',
        keyword: 'SHOP',
        customer_id: 'cus_3',
        mode: 'live',
        senders: [],
        assigned_at: shop,
      },
    ];
    expect(await assignedNumbers(db.database, null)).toEqual(standing);
    expect(await assignedNumbers(db.database, 'cus_3')).toEqual(standing.slice(1));
    const rows = () => db.database.query({ text: 'SELECT * FROM inbound_numbers ORDER BY number, keyword' });
    const before = (await rows()).rows;
    await applyTwice(db.database, inboundNumbersProjection, log.all, delivery);
    expect((await rows()).rows).toEqual(before);
  });
});
