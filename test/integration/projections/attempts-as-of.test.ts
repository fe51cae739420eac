import { ProjectedAttemptHistory } from '../../../src/projections/message-attempts/attempts-as-of';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

jest.setTimeout(60_000);

const DEADLINE_MS = 10_000;

describe('attempts as they were known at an instant', () => {
  let db: MigratedDatabase;
  let history: ProjectedAttemptHistory;
  beforeAll(async () => {
    db = await migratedDatabase();
    history = new ProjectedAttemptHistory(db.as('waht_worker'));
  });
  afterAll(() => db?.close());
  beforeEach(() => db.database.query({ text: 'TRUNCATE message_attempts' }));

  let n = 0;
  /** Begun at 06:00:10 UTC, at provider `p`, to network 63902. */
  async function attempt(row: Record<string, unknown>): Promise<void> {
    const known = {
      message_id: `msg_${++n}`,
      attempt: 1,
      revision: 1,
      provider: 'p',
      subject_id: 's',
      customer_id: 'cus_1',
      started_at: '2026-11-22T06:00:10Z',
      status: 'accepted',
      counts: true,
      network: '63902',
      ...row,
    };
    await db.database.query({
      text: 'INSERT INTO message_attempts SELECT * FROM json_populate_record(NULL::message_attempts, $1::json)',
      values: [JSON.stringify(known)],
    });
  }
  const at = async (time: string) => {
    const counted = (await history.countedAt(`2026-11-22T${time}.000Z`, DEADLINE_MS)).get('p');
    const [minute] = counted?.minutes ?? [];
    return { minute, day: counted?.day ?? [] };
  };

  it('grow as outcomes and reports are noted, and hold nothing from later', async () => {
    const reported = { report: 'delivered', reported_at: '2026-11-22T06:01:20Z' };
    await attempt({ answered_at: '2026-11-22T06:00:14Z', provider_message_id: 'a', ...reported });
    expect((await at('06:00:12')).minute).toBeUndefined();
    const minute = Date.parse('2026-11-22T06:00:00Z') / 60_000;
    const accepted = { attempts: 1, accepted: 1, timeouts: 0, slow: 1, delivered: 0, late: 0, excused: 0 };
    expect((await at('06:00:14')).minute).toEqual({ customerId: 'cus_1', network: '63902', minute, ...accepted });
    expect((await at('06:01:20')).minute).toMatchObject({ ...accepted, delivered: 1, late: 1 });
    expect((await at('06:01:20')).day).toEqual([]);
    // What is judged is no part of what it is compared with.
    expect((await at('06:14:59')).day).toEqual([]);
    expect((await at('06:15:00')).day).toEqual([{ network: '63902', due: 1, delivered: 1 }]);
  });

  it('count a call without an answer from its deadline on, until a report has settled it', async () => {
    await attempt({ answered_at: '2026-11-22T06:05:00Z', provider_message_id: 'b' });
    await attempt({ status: 'unknown' });
    expect((await at('06:00:19')).minute).toBeUndefined();
    expect((await at('06:00:20')).minute).toMatchObject({ attempts: 2, accepted: 0, timeouts: 2 });
    expect((await at('06:05:00')).minute).toMatchObject({ attempts: 2, accepted: 1, timeouts: 1 });
  });

  it('leave out what the recipient or the customer caused, and what the window has left behind', async () => {
    await attempt({ status: 'refused', counts: false, answered_at: '2026-11-22T06:00:11Z' });
    await attempt({ status: 'refused', answered_at: '2026-11-22T06:00:11Z' });
    expect((await at('06:14:59')).minute).toMatchObject({ attempts: 1, accepted: 0 });
    expect((await at('06:15:00')).minute).toBeUndefined();
  });
});
