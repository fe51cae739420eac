import type { ReportReading } from '../../../src/application/ports/delivery-reports';
import { PostgresReportParts } from '../../../src/infrastructure/receipts/postgres-report-parts';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

const DAY_MS = 86_400_000;

describe('the parts of a message that are reported one by one', () => {
  let place: MigratedDatabase;
  let nowMs = Date.now();
  let parts: PostgresReportParts;
  beforeAll(async () => {
    place = await migratedDatabase();
    const clock = { now: () => nowMs, iso: () => new Date(nowMs).toISOString(), monotonicMs: () => nowMs };
    parts = new PostgresReportParts(place.database, clock);
  });
  afterAll(() => place?.close());
  beforeEach(() => place.database.query({ text: 'TRUNCATE message_parts' }));

  const report = (providerMessageId: string, outcome: ReportReading['outcome']): ReportReading => ({
    providerMessageId,
    part: true,
    phone: '+254722000001',
    outcome,
    scope: null,
    code: 'X',
    reason: '',
    class: outcome === 'failed' ? 'R' : null,
    failureCode: '',
    permanent: false,
  });
  const outcomeOf = async (id: string, outcome: ReportReading['outcome']): Promise<string> => {
    const whole = await parts.wholeOf('smsc', report(id, outcome));
    return `${whole.providerMessageId} ${whole.outcome}`;
  };

  it('make it delivered once each of them is, in any order, however often it is said', async () => {
    await parts.join('smsc', 'c', ['a', 'b', 'c']);
    expect(await outcomeOf('c', 'delivered')).toBe('c in_transit');
    expect(await outcomeOf('c', 'delivered')).toBe('c in_transit');
    expect(await outcomeOf('a', 'delivered')).toBe('c in_transit');
    expect(await outcomeOf('b', 'in_transit')).toBe('c in_transit');
    expect(await outcomeOf('b', 'delivered')).toBe('c delivered');
    expect(await outcomeOf('b', 'delivered')).toBe('c delivered');
  });
  it('make it failed with the first that has', async () => {
    await parts.join('smsc', 'b', ['a', 'b']);
    expect(await outcomeOf('b', 'delivered')).toBe('b in_transit');
    expect(await outcomeOf('a', 'failed')).toBe('b failed');
    // The network changed its mind, as it may.
    expect(await outcomeOf('a', 'delivered')).toBe('b delivered');
  });
  it('stay delivered whatever is said of them later', async () => {
    await parts.join('smsc', 'b', ['a', 'b']);
    await outcomeOf('a', 'delivered');
    await outcomeOf('a', 'failed');
    expect(await outcomeOf('b', 'delivered')).toBe('b delivered');
  });
  it('make it delivered although all reports come at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const ids = Array.from({ length: 5 }, (_, n) => `${round}-${n}`);
      await parts.join('smsc', `${round}-4`, ids);
      const said = await Promise.all(ids.map((id) => outcomeOf(id, 'delivered')));
      expect(said).toContain(`${round}-4 delivered`);
    }
  });
  it('are those of one provider', async () => {
    await parts.join('smsc', 'b', ['a', 'b']);
    expect(await parts.wholeOf('other', report('a', 'delivered'))).toEqual(report('a', 'delivered'));
  });
  it('are not looked for where a report is of a whole message', async () => {
    await parts.join('smsc', 'b', ['a', 'b']);
    const whole = { ...report('a', 'delivered'), part: undefined };
    expect(await parts.wholeOf('smsc', whole)).toEqual(whole);
  });
  it('are forgotten after a week, and an id that comes again stands for the new message', async () => {
    await parts.join('smsc', 'b', ['a', 'b']);
    await outcomeOf('a', 'delivered');
    await parts.join('smsc', 'c', ['a', 'c']);
    expect(await outcomeOf('c', 'delivered')).toBe('c in_transit');
    nowMs += 8 * DAY_MS;
    await parts.join('smsc', 'e', ['d', 'e']);
    const { rows } = await place.database.query({ text: 'SELECT part_id FROM message_parts ORDER BY part_id' });
    expect(rows).toEqual([{ part_id: 'd' }, { part_id: 'e' }]);
  });
});
