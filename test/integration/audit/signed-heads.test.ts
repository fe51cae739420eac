import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { HeadRefused } from '../../../src/infrastructure/audit/head-signer';
import { checkHeads } from '../../../src/infrastructure/audit/signed-head';
import { signingKey } from '../../../src/infrastructure/audit/signing-keys';
import { AuditFixture } from '../../support/audit-fixture';
import { tamper } from '../../support/tampering';

describe('signed heads', () => {
  let fixture: AuditFixture;
  beforeEach(async () => {
    fixture = await AuditFixture.create();
    for (let i = 0; i < 3; i++) {
      await fixture.project(fixture.happen(10));
      await fixture.signer.sign();
    }
  });
  afterEach(() => fixture?.close());

  const heads = (lines = fixture.file.read().lines) => checkHeads(lines, [fixture.key]);

  it('name the ends of the chain, one after the other', async () => {
    const { rows } = await fixture.db.database.query<{ hash: string }>({
      text: `SELECT encode(hash, 'hex') AS hash FROM audit_log WHERE seq IN (10, 20, 30) ORDER BY seq`,
    });
    expect(heads()).toMatchObject({
      fault: null,
      heads: [10n, 20n, 30n].map((seq, i) => ({ log: 'audit', seq, hash: rows[i]?.hash, keyId: fixture.key.id })),
    });
  });

  it('are signed only where the log has grown', async () => {
    expect(await fixture.signer.sign()).toEqual({ signed: 0, more: false });
    expect(heads().heads).toHaveLength(3);
  });

  it.each([
    [
      'a line that was changed',
      (lines: string[]) => [lines[0] ?? '', (lines[1] ?? '').replace('"20"', '"21"'), lines[2] ?? ''],
      2,
    ],
    ['a line that was left out', ([a = '', , c = '']: string[]) => [a, c], 2],
    ['a first line that was left out', ([, b = '', c = '']: string[]) => [b, c], 1],
    ['lines in another order', ([a = '', b = '', c = '']: string[]) => [a, c, b], 2],
    ['a line twice', ([a = '', b = '']: string[]) => [a, b, b], 3],
    ['a line that is none', ([a = '']: string[]) => [a, '{"seq":"20"}'], 2],
  ])('tell %s', (_what, change, line) => {
    expect(heads(change(fixture.file.read().lines)).fault).toMatchObject({ line });
  });

  it('of another key prove nothing', () => {
    const other = signingKey(Buffer.alloc(32, 9));
    expect(checkHeads(fixture.file.read().lines, [other]).fault).toMatchObject({
      line: 1,
      detail: expect.stringContaining('not one of those given'),
    });
  });

  it('are not signed over a history that was rewritten, however well', async () => {
    await fixture.db.database.transaction((sql) => tamper(sql, { kind: 'edit', row: 15, covered: true, chance: 0 }));
    await fixture.project(fixture.happen(5));
    await expect(fixture.signer.sign()).rejects.toThrow(HeadRefused);
    expect(heads().heads).toHaveLength(3);
  });

  it('are not signed over a cut tail, nor over a chain that is broken since', async () => {
    await fixture.project(fixture.happen(10));
    await fixture.db.database.transaction((sql) => tamper(sql, { kind: 'edit', row: 35, covered: false, chance: 0 }));
    await expect(fixture.signer.sign()).rejects.toThrow('row 35');
    await fixture.db.database.transaction((sql) =>
      tamper(sql, { kind: 'cut tail', row: 25, covered: true, chance: 0 }),
    );
    await expect(fixture.signer.sign()).rejects.toThrow('row 30 of the audit log is not the one that was signed');
  });

  it('go on after a crash in the middle of a line, and after another file was put there', async () => {
    const { path } = fixture.file;
    appendFileSync(path, '{"format":"waht-aud');
    expect(fixture.file.read()).toMatchObject({ torn: true });
    await fixture.project(fixture.happen(10));
    await fixture.signer.sign();
    expect(fixture.file.read()).toMatchObject({ torn: false });
    expect(heads()).toMatchObject({ fault: null, heads: [{}, {}, {}, { seq: 40n }] });
    const [first = ''] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${first}\n`);
    await fixture.project(fixture.happen(1));
    await fixture.signer.sign();
    expect(heads()).toMatchObject({ fault: null, heads: [{ seq: 10n }, { seq: 41n }] });
  });

  it('are signed by one process at a time', async () => {
    await fixture.project(fixture.happen(10));
    const results = await Promise.all([fixture.signer.sign(), fixture.signer.sign(), fixture.signer.sign()]);
    expect(results.reduce((sum, one) => sum + (one?.signed ?? 0), 0)).toBe(1);
    expect(heads()).toMatchObject({ fault: null, heads: { length: 4 } });
  });
});
