import type { OptOutEvent, RecipientOptedOut } from '../../../src/domain/opt-out/events';
import type { SubjectErased } from '../../../src/domain/privacy/events';
import { streams } from '../../../src/domain/shared/streams';
import { optOutsProjection } from '../../../src/projections/opt-outs/opt-outs.projection';
import { standingOptOuts } from '../../../src/projections/opt-outs/opt-outs.reader';
import {
  applyTwice,
  DELIVERIES,
  migratedDatabase,
  TestLog,
  type MigratedDatabase,
} from '../../support/projection-spec';

const owner = { customerId: 'cus_1', mode: 'live' } as const;
const optedOut = (optOutId: string, change: Partial<RecipientOptedOut['data']> = {}): OptOutEvent => ({
  type: 'RecipientOptedOut',
  data: {
    optOutId,
    ...owner,
    subjectId: 'sub_1',
    sender: 'ACME',
    source: 'keyword',
    phone: { kid: 'sub_1', iv: 'aXY', ct: 'Y3Q', tag: 'dGFn' },
    ...change,
  },
});
const optedIn = (optOutId: string): OptOutEvent => ({ type: 'RecipientOptedIn', data: { optOutId, source: 'api' } });
const erased = (subjectId: string): SubjectErased => ({
  type: 'SubjectErased',
  data: { subjectId, customerId: 'cus_1', note: 'asked for it' },
});

describe.each(DELIVERIES)('opt-outs, events %s and each twice', (delivery) => {
  let db: MigratedDatabase;
  let log: TestLog;
  beforeAll(async () => {
    db = await migratedDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.database.query({ text: 'TRUNCATE opt_outs' });
    log = new TestLog();
  });

  const append = (event: OptOutEvent) => log.append(streams.optOut(event.data.optOutId), event);
  const erase = (subjectId: string) => log.append(streams.subject(subjectId), erased(subjectId));
  const standing = async (subjectId: string | null = null) =>
    (await standingOptOuts(db.database, owner, subjectId, 10, null)).map((row) => row.opt_out_id);
  const apply = (from = 0) => applyTwice(db.database, optOutsProjection, log.all.slice(from), delivery);

  it('lists what stands, newest first: out, in and out again', async () => {
    append(optedOut('opt_1'));
    append(optedOut('opt_2', { subjectId: 'sub_2', sender: null }));
    await apply();
    expect(await standing()).toEqual(['opt_2', 'opt_1']);
    append(optedIn('opt_1'));
    append(optedIn('opt_2'));
    append(optedOut('opt_1', { source: 'provider' }));
    await apply(2);
    expect(await standing()).toEqual(['opt_1']);
    const [row] = await standingOptOuts(db.database, owner, 'sub_1', 10, null);
    const again = { opted_out_at: log.all[4]?.metadata.at, source: 'provider', sender: 'ACME', ended_at: null };
    expect(row).toMatchObject({ ...again, subject_id: 'sub_1', revision: '2', phone: { ct: 'Y3Q' } });
    await apply();
    expect(await standing()).toEqual(['opt_1']);
  });

  it('keeps customers and modes apart, and goes on after a place', async () => {
    append(optedOut('opt_1'));
    append(optedOut('opt_2', { sender: null }));
    append(optedOut('opt_3', { mode: 'test' }));
    append(optedOut('opt_4', { customerId: 'cus_2' }));
    await apply();
    const [first] = await standingOptOuts(db.database, owner, null, 1, null);
    expect(first?.opt_out_id).toBe('opt_2');
    const place = { optedOutAt: first?.opted_out_at ?? '', optOutId: 'opt_2' };
    const rest = await standingOptOuts(db.database, owner, null, 10, place);
    expect(rest.map((row) => row.opt_out_id)).toEqual(['opt_1']);
  });

  it('ends with the recipient’s erasure, and with no other', async () => {
    append(optedOut('opt_1'));
    append(optedOut('opt_2', { sender: null }));
    append(optedOut('opt_3', { subjectId: 'sub_2' }));
    append(optedIn('opt_2'));
    erase('sub_1');
    await apply();
    expect(await standing()).toEqual(['opt_3']);
    const { rows } = await db.database.query({ text: 'SELECT opt_out_id, ended_by FROM opt_outs ORDER BY 1' });
    expect(rows).toEqual([
      { opt_out_id: 'opt_1', ended_by: 'erasure' },
      { opt_out_id: 'opt_2', ended_by: 'api' },
      { opt_out_id: 'opt_3', ended_by: null },
    ]);
  });
});
