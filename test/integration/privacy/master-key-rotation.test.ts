import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { MasterKeys } from '../../../src/application/ports/configuration';
import { MasterKeyRotation } from '../../../src/infrastructure/privacy/master-key-rotation';
import { eventually } from '../../support/eventually';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';
import { vaultOn } from '../../support/vault';

jest.setTimeout(30_000);

const SUBJECTS = 1_234;
const phone = (n: number): string => `+2547${String(n).padStart(8, '0')}`;

describe('the rotation of the master key', () => {
  const [one, two] = [randomBytes(32), randomBytes(32)];
  const lookupKey = randomBytes(32);
  const only = (version: number, key: Buffer): MasterKeys => ({
    current: version,
    byVersion: new Map([[version, key]]),
  });
  const both = (current: number): MasterKeys => ({
    current,
    byVersion: new Map([
      [1, one],
      [2, two],
    ]),
  });
  let place: MigratedDatabase;
  beforeEach(async () => {
    place = await migratedDatabase();
  });
  afterEach(() => place.close());
  const vault = (masterKeys: MasterKeys) => vaultOn(place.as('waht_worker'), { masterKeys, lookupKey });
  const rotation = (masterKeys: MasterKeys) => new MasterKeyRotation(place.as('waht_worker'), masterKeys);
  const fill = async (masterKeys: MasterKeys) => {
    const old = vault(masterKeys);
    const subjects = await Promise.all(Array.from({ length: SUBJECTS }, (_, n) => old.subjectFor('cus_1', phone(n))));
    return subjects.map(({ subjectId }, n) => old.seal(subjectId, phone(n)));
  };
  const everyNumber = Array.from({ length: SUBJECTS }, (_, n) => phone(n));

  it('wraps every key anew, told as it goes, and the old key can then go', async () => {
    const fields = await fill(only(1, one));
    const told: [number, number][] = [];
    expect(await rotation(both(2)).run((done, total) => void told.push([done, total]))).toBe(SUBJECTS);
    expect(told).toEqual([
      [500, SUBJECTS],
      [1_000, SUBJECTS],
      [SUBJECTS, SUBJECTS],
    ]);
    expect(await rotation(both(2)).versions()).toEqual([
      { version: 2, keys: SUBJECTS, current: true, configured: true },
    ]);
    const after = vault(only(2, two));
    expect(await after.problems()).toEqual([]);
    expect(await after.open(fields)).toEqual(everyNumber);
    expect(await rotation(both(2)).run(() => undefined)).toBe(0);
  });

  it('goes on where it was broken off', async () => {
    const fields = await fill(only(1, one));
    const broken = rotation(both(2)).run(() => {
      throw new Error('killed');
    });
    await expect(broken).rejects.toThrow('killed');
    expect(await rotation(both(2)).versions()).toMatchObject([
      { version: 1, keys: SUBJECTS - 500 },
      { version: 2, keys: 500 },
    ]);
    expect(await vault(both(2)).open(fields)).toEqual(everyNumber);
    expect(await rotation(both(2)).run(() => undefined)).toBe(SUBJECTS - 500);
    expect(await vault(only(2, two)).open(fields)).toEqual(everyNumber);
  });

  it('meets others at work: new recipients, erasures, and a rotation beside it', async () => {
    const fields = await fill(only(1, one));
    const gateway = vault(both(1));
    const erased = fields.slice(0, 100).map(({ kid }) => kid);
    const [added, , ...rewrapped] = await Promise.all([
      Promise.all(Array.from({ length: 300 }, (_, n) => gateway.subjectFor('cus_2', phone(n)))),
      gateway.destroy(erased),
      rotation(both(2)).run(() => undefined),
      rotation(both(2)).run(() => undefined),
    ]);
    // What came in the old version while it ran is left to the next run.
    await rotation(both(2)).run(() => undefined);
    expect(rewrapped.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
    const after = vault(only(2, two));
    expect(await after.problems()).toEqual([]);
    expect(await after.open(fields)).toEqual(everyNumber.map((number, n) => (n < 100 ? '[erased]' : number)));
    const ofNew = added.map(({ subjectId }) => gateway.seal(subjectId, 'new'));
    expect(new Set(await after.open(ofNew))).toEqual(new Set(['new']));
  });

  it('waits for nobody who holds a row, and comes back for it', async () => {
    await fill(only(1, one));
    const client = await place.database.connect();
    try {
      await client.query('BEGIN; SELECT FROM subject_keys ORDER BY subject_id LIMIT 3 FOR UPDATE');
      const running = rotation(both(2)).run(() => undefined);
      const countsNow = async () => (await rotation(both(2)).versions()).map(({ version, keys }) => [version, keys]);
      await eventually(
        async () =>
          isDeepStrictEqual(await countsNow(), [
            [1, 3],
            [2, SUBJECTS - 3],
          ]),
        10_000,
      );
      await client.query('COMMIT');
      expect(await running).toBe(SUBJECTS);
    } finally {
      client.release();
    }
  });

  it('never waits in a circle with erasures and with recipients that are asked for again', async () => {
    const fields = await fill(only(1, one));
    const ids = fields.map(({ kid }) => kid);
    // Each in an order of its own, over the same rows.
    await Promise.all([
      ...Array.from({ length: 4 }, (_, n) => vault(both(1)).destroy(n % 2 === 0 ? ids : [...ids].reverse())),
      ...Array.from({ length: 4 }, async () => {
        const asking = vault(both(1));
        await Promise.all(everyNumber.map((number) => asking.subjectFor('cus_1', number)));
      }),
      rotation(both(2)).run(() => undefined),
      rotation(both(2)).run(() => undefined),
    ]);
  });

  it('stops at a key that does not unwrap, and changes none of its batch', async () => {
    await fill(only(1, one));
    const wrong: MasterKeys = {
      current: 2,
      byVersion: new Map([
        [1, two],
        [2, randomBytes(32)],
      ]),
    };
    await expect(rotation(wrong).run(() => undefined)).rejects.toThrow('does not unwrap');
    expect(await rotation(wrong).versions()).toMatchObject([{ version: 1, keys: SUBJECTS }]);
  });
});
