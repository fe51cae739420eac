import { randomUUID } from 'node:crypto';
import type { UnreadAnswer } from '../../../src/application/ports/provider-answers';
import type { Sealed } from '../../../src/domain/shared/sealed';
import type { Database } from '../../../src/infrastructure/postgres/database';
import { AnswerTable } from '../../../src/infrastructure/receipts/answer-table';
import { OpenedAnswers } from '../../../src/infrastructure/receipts/opened-answers';
import { PostgresProviderAnswers } from '../../../src/infrastructure/receipts/postgres-provider-answers';
import { ReportSeal } from '../../../src/infrastructure/receipts/report-seal';
import { MemoryLogger, MemoryMetrics } from '../../support/adapter';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';
import { randomVaultKeys, vaultOn } from '../../support/vault';

const TO = '+254722000001';
const PAGE = Buffer.from('<h1>Système en panne</h1> Habari Wanjiku, +254722000001', 'latin1');
const DAY_MS = 86_400_000;

jest.setTimeout(30_000);

describe('raw answers of providers', () => {
  let place: MigratedDatabase;
  let worker: Database;
  let nowMs: number;
  let metrics: MemoryMetrics;
  let logger: MemoryLogger;
  const keys = randomVaultKeys();
  beforeAll(async () => {
    place = await migratedDatabase();
    worker = place.as('waht_worker');
  });
  beforeEach(() => {
    nowMs = Date.now();
    metrics = new MemoryMetrics();
    logger = new MemoryLogger();
  });
  afterEach(async () => {
    await place.database.query({ text: 'TRUNCATE provider_answers; DELETE FROM subject_keys' });
  });
  afterAll(() => place?.close());

  const table = (): AnswerTable => new AnswerTable(worker);
  const seal = (): ReportSeal => new ReportSeal(vaultOn(worker, keys), 'answers');
  const process = (statements = table()): PostgresProviderAnswers => {
    const clock = { now: () => nowMs, iso: () => new Date(nowMs).toISOString(), monotonicMs: () => nowMs };
    return new PostgresProviderAnswers(statements, seal(), { uuid: () => randomUUID() }, clock, metrics, logger);
  };
  const answer = (change: Partial<UnreadAnswer> = {}): UnreadAnswer => ({
    provider: 'at',
    messageId: 'msg_1',
    attempt: 1,
    code: 'unreadable_answer',
    to: TO,
    raw: { status: 200, contentType: 'text/html; charset=iso-8859-1', head: PAGE },
    ...change,
  });
  const kept = async (...all: UnreadAnswer[]): Promise<PostgresProviderAnswers> => {
    const answers = process();
    for (const one of all) answers.keep(one);
    await answers.flush();
    return answers;
  };
  const opened = async (messageId: string) => {
    const answers = new OpenedAnswers(table(), seal());
    return answers.open(await answers.find(messageId));
  };
  const rows = async <T extends object = { message_id: string }>(): Promise<T[]> =>
    (await place.database.query<T>({ text: 'SELECT * FROM provider_answers ORDER BY message_id' })).rows;

  it('are kept sealed, found by a keyed hash, and opened in their own character set', async () => {
    await kept(answer());
    const [row, ...others] = await rows<Record<string, unknown>>();
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      provider: 'at',
      message_id: 'msg_1',
      attempt: 1,
      code: 'unreadable_answer',
      status: 200,
    });
    expect(row).toMatchObject({ lookup_hash: seal().lookupHash(TO) });
    expect(JSON.stringify(row)).not.toMatch(/722000001|Wanjiku|panne|h1/);
    expect(await seal().open([String(row?.['answer'])])).toEqual([PAGE]);
    expect(await opened('msg_1')).toEqual([
      {
        attempt: 1,
        provider: 'at',
        received_at: new Date(nowMs).toISOString(),
        code: 'unreadable_answer',
        status: 200,
        content_type: 'text/html; charset=iso-8859-1',
        raw: '<h1>Système en panne</h1> Habari Wanjiku, +254722000001',
      },
    ]);
    expect(metrics.others).toEqual(['answer at kept']);
  });
  it.each(['', 'text/plain; charset=martian', 'application/json; charset="UTF-8"'])(
    'are opened as UTF-8 where their type is %j',
    async (contentType) => {
      await kept(answer({ raw: { status: 500, contentType, head: Buffer.from('à bientôt') } }));
      expect(await opened('msg_1')).toMatchObject([{ content_type: contentType, raw: 'à bientôt' }]);
    },
  );
  it('are forgotten with the person that they went to', async () => {
    await kept(answer(), answer({ messageId: 'msg_2', to: '+254722000002' }), answer({ messageId: 'msg_3' }));
    expect(await table().forget(seal().lookupHash(TO))).toBe(2);
    expect((await rows()).map(({ message_id: id }) => id)).toEqual(['msg_2']);
  });
  it('are purged by age, and the keys of days of which none is left are destroyed', async () => {
    nowMs -= 20 * DAY_MS;
    const answers = await kept(answer());
    const copy = (await table().ofMessage('msg_1')).map((row) => ({ ...row, id: randomUUID(), message_id: 'copy' }));
    nowMs += 20 * DAY_MS;
    answers.keep(answer({ messageId: 'msg_2' }));
    await answers.flush();
    await place.database.query({
      text: `UPDATE subject_keys SET created_at = $1 WHERE customer_id = 'answers' AND subject_id = $2`,
      values: [new Date(nowMs - 20 * DAY_MS), (JSON.parse(copy[0]?.answer ?? '') as Sealed).kid],
    });
    expect(await answers.purge(new Date(nowMs - 30 * DAY_MS).toISOString())).toBe(0);
    expect(await rows()).toHaveLength(2);
    expect(await answers.purge(new Date(nowMs - 10 * DAY_MS).toISOString())).toBe(1);
    expect((await rows()).map(({ message_id: id }) => id)).toEqual(['msg_2']);
    // What a backup still holds of it opens for nobody.
    for (const row of copy) await table().insert(row);
    expect(await opened('copy')).toMatchObject([{ raw: '' }]);
    expect(await opened('msg_2')).toMatchObject([{ raw: expect.stringContaining('panne') }]);
  });
  it('are sixty a minute at each provider at most; more are counted', async () => {
    const answers = await kept(...Array.from({ length: 65 }, (_, n) => answer({ messageId: `msg_${n}` })));
    expect(await rows()).toHaveLength(60);
    expect(metrics.others.filter((line) => line === 'answer at counted')).toHaveLength(5);
    answers.keep(answer({ provider: 'another' }));
    nowMs += 60_000;
    answers.keep(answer());
    await answers.flush();
    expect(await rows()).toHaveLength(62);
  });
  it('fail nobody where they cannot be kept, and nothing of them is logged', async () => {
    const away = Object.assign(table(), { insert: () => Promise.reject(new Error('Postgres is away')) });
    const answers = process(away);
    answers.keep(answer());
    await answers.flush();
    expect(metrics.others).toEqual(['answer at counted']);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { provider: 'at', messageId: 'msg_1', attempt: 1 } }]);
    expect(JSON.stringify(logger.lines)).not.toMatch(/722000001|Wanjiku|panne/);
  });
});
