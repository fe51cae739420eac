import type { RefusedCall } from '../../../src/application/ports/access-log';
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Clock } from '../../../src/application/ports/clock';
import type { InboxReport, ReportDoor, Verdict } from '../../../src/application/ports/delivery-reports';
import type { IdSource } from '../../../src/application/ports/id-source';
import type { Logger } from '../../../src/application/ports/logger';
import type { Sealed } from '../../../src/domain/shared/sealed';
import { readAfricasTalkingReport } from '../../../src/infrastructure/providers/africastalking/report';
import { InboxListener } from '../../../src/infrastructure/receipts/inbox-listener';
import { INBOX_CHANNEL, InboxTable } from '../../../src/infrastructure/receipts/inbox-table';
import { PostgresReceiptInbox } from '../../../src/infrastructure/receipts/postgres-receipt-inbox';
import { ReportSeal } from '../../../src/infrastructure/receipts/report-seal';
import { receiptRoutes } from '../../../src/infrastructure/receipts/receipt-routes';
import { eventually } from '../../support/eventually';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';
import { randomVaultKeys, vaultOn } from '../../support/vault';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const clock: Clock = {
  now: () => Date.now(),
  iso: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
};
const ids: IdSource = {
  next: () => '',
  uuid: () => randomUUID(),
  derived: () => '',
  messageIdForKey: () => '',
  batchIdForKey: () => '',
  optOutId: () => '',
};
const readers = { read: (_provider: string, raw: Buffer) => readAfricasTalkingReport(raw) };
const matched: Verdict = { kind: 'settled', outcome: 'matched' };

jest.setTimeout(20_000);

describe('the inbox of delivery reports', () => {
  let place: MigratedDatabase;
  const inboxes: PostgresReceiptInbox[] = [];
  beforeAll(async () => {
    place = await migratedDatabase();
  });
  afterEach(async () => {
    await Promise.all(inboxes.splice(0).map((inbox) => inbox.stop(1_000)));
    await place.database.query({ text: 'TRUNCATE receipt_inbox' });
  });
  afterAll(() => place?.close());

  const keys = randomVaultKeys();
  const seal = (): ReportSeal => new ReportSeal(vaultOn(place.database, keys));
  function process(): PostgresReceiptInbox {
    const { database } = place;
    const inbox = new PostgresReceiptInbox(
      ...([
        new InboxTable(database),
        new InboxListener(database, silent, INBOX_CHANNEL),
        seal(),
        readers,
        ids,
        clock,
        silent,
      ] as const),
    );
    inboxes.push(inbox);
    return inbox;
  }
  const form = (id: string) => Buffer.from(`id=${id}&status=Success&phoneNumber=%2B254722000001&networkCode=63902`);
  const settled = async (n: number): Promise<void> =>
    eventually(async () => {
      const text = 'SELECT count(*) AS n FROM receipt_inbox WHERE compare_at IS NULL';
      return Number((await place.database.query<{ n: string }>({ text })).rows[0]?.n) === n;
    }, 8_000);

  it('keeps a report as it came, hands it out once, and notes what became of it', async () => {
    const heard: InboxReport[] = [];
    const inbox = process();
    inbox.start((report) => {
      heard.push(report);
      return Promise.resolve(matched);
    });
    await inbox.put('at', form('A1'));
    await settled(1);
    expect(heard).toMatchObject([{ provider: 'at', raw: form('A1'), comparisons: 0 }]);
    const { rows } = await place.database.query<{ report: string; outcome: string; provider_message_id: string }>({
      text: 'SELECT report, outcome, provider_message_id FROM receipt_inbox',
    });
    expect(rows).toMatchObject([{ outcome: 'matched', provider_message_id: 'A1' }]);
    expect(await seal().open(rows.map(({ report }) => report))).toEqual([form('A1')]);
  });
  it('keeps no number in clear, nor what nobody could read, and gives back every byte', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28, ...Buffer.from('phoneNumber=+254722000001')]);
    await process().put('at', form('A1'));
    await process().put('at', bytes);
    const { rows } = await place.database.query<{ report: string; lookup_hash: Buffer | null }>({
      text: 'SELECT * FROM receipt_inbox ORDER BY provider_message_id NULLS LAST',
    });
    expect(JSON.stringify(rows)).not.toContain('722000001');
    expect(await seal().open(rows.map(({ report }) => report))).toEqual([form('A1'), bytes]);
    expect(rows.map(({ lookup_hash: hash }) => hash)).toEqual([seal().lookupHash('+254722000001'), null]);
  });
  it('forgets what names a number: settled ones, or all', async () => {
    const table = new InboxTable(place.database);
    const hash = seal().lookupHash('+254722000001') ?? Buffer.alloc(0);
    const inbox = process();
    inbox.start(() => Promise.resolve(matched));
    await inbox.put('at', form('A1'));
    await settled(1);
    await inbox.stop(1_000);
    await process().put('at', form('A2'));
    await process().put('at', Buffer.from('id=A3&status=Success&phoneNumber=%2B254722000002'));
    expect(await table.forget(hash, false)).toBe(1);
    expect(await table.forget(hash, true)).toBe(1);
    const { rows } = await place.database.query({ text: 'SELECT provider_message_id FROM receipt_inbox' });
    expect(rows).toEqual([{ provider_message_id: 'A3' }]);
  });
  it('destroys the key of a day when no report of it is kept any more', async () => {
    const day = (iso: string) => new Date(`${iso}T12:00:00Z`);
    const [old, young] = [
      await seal().seal(form('A1'), day('2026-10-01')),
      await seal().seal(form('A2'), day('2026-10-20')),
    ];
    await place.database.query({
      text: `UPDATE subject_keys SET created_at = CASE subject_id WHEN $1 THEN $2::timestamptz ELSE $3 END WHERE customer_id = 'reports' AND subject_id IN ($1, $4)`,
      values: [
        (JSON.parse(old) as Sealed).kid,
        day('2026-10-01'),
        day('2026-10-20'),
        (JSON.parse(young) as Sealed).kid,
      ],
    });
    expect(await process().purge('2026-10-22T00:00:00Z')).toBe(0);
    expect(await seal().open([old, young])).toEqual([Buffer.alloc(0), form('A2')]);
  });
  it('is worked on by another process where the one that received it matches none', async () => {
    const heard: string[] = [];
    process().start(({ id }) => {
      heard.push(id);
      return Promise.resolve(matched);
    });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const before = performance.now();
    await process().put('at', form('A1'));
    await settled(1);
    expect(heard).toHaveLength(1);
    expect(performance.now() - before).toBeLessThan(2_500);
  });
  it('takes many at once, each handed out once over several processes', async () => {
    const heard: string[] = [];
    const handle = ({ id }: InboxReport): Promise<Verdict> => {
      heard.push(id);
      return Promise.resolve(matched);
    };
    const all = [process(), process()];
    for (const inbox of all) inbox.start(handle);
    await Promise.all(
      all.flatMap((inbox, k) => Array.from({ length: 200 }, (_, n) => inbox.put('at', form(`A${k}-${n}`)))),
    );
    await settled(400);
    expect(heard).toHaveLength(400);
    expect(new Set(heard).size).toBe(400);
  });
  it('keeps a fresh report in hand, and compares it as soon as the call has its answer', async () => {
    const comparisons: number[] = [];
    const inbox = process();
    inbox.start((report) => {
      comparisons.push(report.comparisons);
      return Promise.resolve(report.comparisons > 0 ? matched : { kind: 'later', pauseMs: 25_000 });
    });
    await inbox.put('at', form('A1'));
    await eventually(() => Promise.resolve(comparisons.length === 1), 5_000);
    inbox.wake('at', 'another');
    inbox.wake('at', 'A1');
    await settled(1);
    expect(comparisons).toEqual([0, 1]);
  });
  it('compares an older one again after a pause, or when its call has an answer after all', async () => {
    const comparisons: number[] = [];
    const inbox = process();
    inbox.start((report) => {
      comparisons.push(report.comparisons);
      if (report.comparisons === 0) return Promise.resolve({ kind: 'later', pauseMs: 10 });
      return Promise.resolve(report.comparisons === 1 ? { kind: 'later', pauseMs: 60_000 } : matched);
    });
    await inbox.put('at', form('A1'));
    await eventually(async () => {
      const text = 'SELECT 1 FROM receipt_inbox WHERE comparisons = 2 AND leased_until IS NULL';
      return (await place.database.query({ text })).rows.length === 1;
    }, 5_000);
    inbox.wake('at', 'A1');
    await settled(1);
    expect(comparisons).toEqual([0, 1, 2]);
  });
  it('hands out again what failed', async () => {
    let failures = 1;
    const inbox = process();
    inbox.start(() => (failures-- > 0 ? Promise.reject(new Error('no')) : Promise.resolve(matched)));
    await inbox.put('at', form('A1'));
    await settled(1);
  });
  it('finds what a process that died had in its hands', async () => {
    const table = new InboxTable(place.database);
    const receivedAt = new Date(Date.now() - 90_000);
    await table.insert([
      {
        id: randomUUID(),
        provider: 'at',
        providerMessageId: 'A1',
        receivedAt,
        lookupHash: null,
        report: await seal().seal(form('A1'), receivedAt),
        leasedUntil: new Date(Date.now() - 30_000),
      },
    ]);
    process().start(() => Promise.resolve(matched));
    await settled(1);
  });
  it('forgets settled reports, and those only', async () => {
    const inbox = process();
    inbox.start(() => Promise.resolve(matched));
    await inbox.put('at', form('A1'));
    await settled(1);
    expect(await inbox.purge(new Date(Date.now() - 60_000).toISOString())).toBe(0);
    expect(await inbox.purge(new Date(Date.now() + 60_000).toISOString())).toBe(1);
  });

  describe('its address', () => {
    let http: FastifyInstance;
    const refused: RefusedCall[] = [];
    const accessLog = { note: (call: RefusedCall) => void refused.push(call) };
    beforeAll(async () => {
      http = Fastify();
      const door: ReportDoor = {
        admit: (name, { raw, query, headers }) => {
          if (name !== 'at') return 'unknown_provider';
          if (headers['x-signed'] === 'badly') return 'not_genuine';
          return query === '?two' ? [raw.subarray(0, 2), raw.subarray(2)] : [raw];
        },
      };
      http.addContentTypeParser('application/x-www-form-urlencoded', (_request, _body, done) => done(new Error('no')));
      await http.register(async (scope) => receiptRoutes(process(), door, 'the-secret', silent, accessLog)(scope));
      http.post('/other', () => 'other');
    });
    afterAll(() => http?.close());
    const post = (path: string, payload: Buffer | string, type = 'application/x-www-form-urlencoded') =>
      http.inject({ method: 'POST', url: path, payload, headers: { 'content-type': type } });

    it('answers OK once the report is kept', async () => {
      const { statusCode, body } = await post('/callbacks/sms/at/the-secret/reports', form('A1'));
      expect([statusCode, body]).toEqual([200, 'OK']);
      const { rows } = await place.database.query<{ report: string }>({ text: 'SELECT report FROM receipt_inbox' });
      expect(await seal().open(rows.map(({ report }) => report))).toEqual([form('A1')]);
    });
    it.each(['text/html', 'application/json', 'nonsense/type; charset=utf-7'])(
      'keeps whatever comes as %s',
      async (type) => {
        expect((await post('/callbacks/sms/at/the-secret/reports', '<html>', type)).statusCode).toBe(200);
      },
    );
    it.each([
      ['/callbacks/sms/at/the-secrex/reports', 'wrong_callback_secret'],
      ['/callbacks/sms/at/x/reports', 'wrong_callback_secret'],
      ['/callbacks/sms/bt/the-secret/reports', 'unknown_provider'],
    ])('knows nothing of %s, and has that noted without the secret', async (path, reason) => {
      refused.length = 0;
      expect((await post(path, form('A1'))).statusCode).toBe(404);
      expect(refused).toMatchObject([{ status: 404, reason, customerId: null, method: 'POST' }]);
      expect(JSON.stringify(refused)).not.toContain('the-sec');
      expect((await place.database.query({ text: 'SELECT 1 FROM receipt_inbox' })).rows).toEqual([]);
    });
    it('keeps each report of a request by itself', async () => {
      expect((await post('/callbacks/sms/at/the-secret/reports?two', 'abcd')).statusCode).toBe(200);
      const { rows } = await place.database.query<{ report: string }>({ text: 'SELECT report FROM receipt_inbox' });
      const opened = await seal().open(rows.map(({ report }) => report));
      expect(opened.map(String).sort()).toEqual(['ab', 'cd']);
    });
    it('knows nothing of a request that the provider did not make', async () => {
      const headers = { 'content-type': 'text/plain', 'x-signed': 'badly' };
      refused.length = 0;
      const request = { method: 'POST' as const, url: '/callbacks/sms/at/the-secret/reports', headers, payload: 'x' };
      expect((await http.inject(request)).statusCode).toBe(404);
      expect(refused).toMatchObject([{ status: 404, reason: 'not_genuine' }]);
      expect((await place.database.query({ text: 'SELECT 1 FROM receipt_inbox' })).rows).toEqual([]);
    });
    it('takes no more than 256 KiB', async () => {
      expect((await post('/callbacks/sms/at/the-secret/reports', 'x'.repeat(262_145))).statusCode).toBe(413);
    });
    it('leaves other routes as they are', async () => {
      expect((await post('/other', form('A1'))).statusCode).toBe(500);
    });
  });
});
