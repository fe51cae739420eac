import { verifyAudit, type AuditReport } from '../../../src/infrastructure/audit/verify-audit';
import type { Sql } from '../../../src/infrastructure/postgres/database';
import { AuditFixture } from '../../support/audit-fixture';
import { randomTamperings, seeded, tamper, TAMPERINGS, type Tampering } from '../../support/tampering';

/** `npm run test:tampering` makes a thousand. */
const COUNT = Number(process.env['WAHT_TAMPERINGS'] ?? 100);
const SEED = Number(process.env['WAHT_TAMPERING_SEED'] ?? 20_261_122);
const ROWS_A_HEAD = 60;
const HEADS = 3;
const SIGNED = HEADS * ROWS_A_HEAD;
const ROWS = SIGNED + ROWS_A_HEAD;

class Undone extends Error {}

describe('a log that was tampered with', () => {
  let fixture: AuditFixture;
  beforeAll(async () => {
    fixture = await AuditFixture.create();
    for (let i = 0; i < HEADS; i++) {
      await fixture.project(fixture.happen(ROWS_A_HEAD));
      await fixture.signer.sign();
    }
    await fixture.project(fixture.happen(ROWS - SIGNED));
  });
  afterAll(() => fixture?.close());
  jest.setTimeout(600_000);

  const verify = (sql: Sql, withLog: boolean): Promise<AuditReport> =>
    verifyAudit(sql, {
      file: fixture.file,
      keys: [fixture.key],
      comparison: withLog ? () => Promise.resolve(fixture.truth()) : null,
    });

  /** What is found of it, by chain and heads alone and beside the event log; then it is undone. */
  async function found(one: Tampering): Promise<{ alone: AuditReport; withLog: AuditReport }> {
    let reports: { alone: AuditReport; withLog: AuditReport } | undefined;
    await fixture.db.database
      .transaction(async (sql) => {
        await tamper(sql, one);
        reports = { alone: await verify(sql, false), withLog: await verify(sql, true) };
        throw new Undone();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Undone)) throw error;
      });
    if (reports === undefined) throw new Error('nothing was verified');
    return reports;
  }

  it('is not found where nobody did', async () => {
    const { alone, withLog } = {
      alone: await verify(fixture.db.database, false),
      withLog: await verify(fixture.db.database, true),
    };
    expect([alone.findings, withLog.findings]).toEqual([[], []]);
    expect(alone).toMatchObject({
      audit: { rows: BigInt(ROWS) },
      heads: { checked: HEADS, last: { audit: BigInt(SIGNED) } },
    });
    expect(withLog.comparison).toMatchObject({ rows: BigInt(ROWS), notProjected: 0 });
  });

  it(`is found, ${COUNT} times of ${COUNT}, and the event log names the very row`, async () => {
    const counts = new Map<string, { alone: number; byLog: number; signed: number; total: number }>();
    const missed: object[] = [];
    for (const one of randomTamperings(COUNT, ROWS, seeded(SEED))) {
      const { alone, withLog } = await found(one);
      const line = `${one.kind}, ${one.covered ? 'all later hashes recomputed' : 'as it is'}`;
      const count = counts.get(line) ?? { alone: 0, byLog: 0, signed: 0, total: 0 };
      const isSigned = one.row <= SIGNED;
      const [byChain] = alone.findings;
      const [byLog] = withLog.findings;
      count.total += 1;
      count.signed += isSigned ? 1 : 0;
      // Chain and heads know the row, or between which two signed rows it lies.
      const row = BigInt(one.row);
      const isPlaced = byChain !== undefined && byChain.since < row && byChain.row >= row;
      if (isSigned && isPlaced) count.alone += 1;
      if (byLog?.row === row) count.byLog += 1;
      if ((isSigned && !isPlaced) || byLog?.row !== row) missed.push({ ...one, byChain, byLog });
      counts.set(line, count);
    }
    const lines = [...counts].map(
      ([line, { alone, byLog, signed, total }]) =>
        `  ${line.padEnd(42)} ${String(total).padStart(4)}: up to the last head ${signed}, by chain and heads alone ${alone}; beside the event log ${byLog}`,
    );
    process.stdout.write(`${COUNT} tamperings of a log of ${ROWS} rows, seed ${SEED}\n${lines.join('\n')}\n`);
    expect(missed).toEqual([]);
    expect(new Set([...counts.keys()].map((line) => line.split(',')[0]))).toEqual(new Set(TAMPERINGS));
  });

  it('is found in what lies after the last head by the chain where hashes were left as they were', async () => {
    for (const kind of TAMPERINGS) {
      const { alone } = await found({ kind, row: ROWS - 3, covered: false, chance: 0.4 });
      expect(alone.findings).toMatchObject([{ log: 'audit' }]);
    }
  });

  it('and is beyond chain and heads alone where it lies after the last head and all was recomputed', async () => {
    const { alone, withLog } = await found({ kind: 'edit', row: SIGNED + 5, covered: true, chance: 0.1 });
    expect(alone.findings).toEqual([]);
    expect(withLog.findings).toMatchObject([
      { row: BigInt(SIGNED + 5), detail: expect.stringContaining('was edited') },
    ]);
  });
});
