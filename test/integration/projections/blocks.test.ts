import type { BlockEvent } from '../../../src/domain/fraud/events';
import { streams } from '../../../src/domain/shared/streams';
import { blocksProjection } from '../../../src/projections/blocks/blocks.projection';
import { standingBlocks } from '../../../src/projections/blocks/blocks.reader';
import {
  applyTwice,
  DELIVERIES,
  migratedDatabase,
  TestLog,
  type MigratedDatabase,
} from '../../support/projection-spec';

const placed = (subject: string, reason: string): BlockEvent => ({
  type: 'BlockPlaced',
  data: { subject, kind: 'prefix', customerId: null, reason },
});
const lifted = (subject: string): BlockEvent => ({ type: 'BlockLifted', data: { subject, note: 'was a mistake' } });

describe.each(DELIVERIES)('blocks, events %s and each twice', (delivery) => {
  let db: MigratedDatabase;
  beforeAll(async () => {
    db = await migratedDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => db.database.query({ text: 'TRUNCATE blocks' }));

  it('lists what stands: placed, lifted and placed again', async () => {
    const log = new TestLog();
    const append = (event: BlockEvent) => log.append(streams.block(event.data.subject), event);
    const given = [append(placed('prefix-1', 'pumping')), append(placed('prefix-2', 'pumping'))];
    await applyTwice(db.database, blocksProjection, given, 'in one batch');
    const news = [append(lifted('prefix-1')), append(lifted('prefix-2')), append(placed('prefix-1', 'again'))];
    await applyTwice(db.database, blocksProjection, news, delivery);
    const standing = [
      { subject: 'prefix-1', kind: 'prefix', customer_id: null, reason: 'again', placed_at: news[2]?.metadata.at },
    ];
    expect(await standingBlocks(db.database)).toEqual(standing);
    await applyTwice(db.database, blocksProjection, log.all, delivery);
    expect(await standingBlocks(db.database)).toEqual(standing);
  });
});
