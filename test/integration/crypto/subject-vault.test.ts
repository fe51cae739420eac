import { randomBytes } from 'node:crypto';
import { ERASED } from '../../../src/application/ports/subject-vault';
import { CryptoIdSource } from '../../../src/infrastructure/crypto/id-source';
import {
  PostgresSubjectVault,
  type VaultCache,
  type VaultKeys,
} from '../../../src/infrastructure/crypto/postgres-subject-vault';
import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { Database } from '../../../src/infrastructure/postgres/database';
import { MemoryLogger } from '../../support/adapter';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

const PHONE = '+254712345678';

describe('the vault of subjects', () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const versions = (current: number, ...byVersion: [number, Buffer][]) => ({ current, byVersion: new Map(byVersion) });
  const keys = { masterKeys: versions(1, [1, first]), lookupKey: randomBytes(32) };
  const logger = new MemoryLogger();
  const opened: Database[] = [];
  let home: MigratedDatabase;
  let database: Database;

  /** As another process would have it: a pool and a cache of its own. */
  const vault = (cache: VaultCache = {}, with_: VaultKeys = keys): PostgresSubjectVault =>
    new PostgresSubjectVault(connect(), with_, new CryptoIdSource(new SystemClock()), logger, cache);
  const connect = (): Database => {
    const connected = new Database(home.url, {
      max: 4,
      statementTimeoutMs: 10_000,
      applicationName: 'test',
      role: 'waht_worker',
      onError: (error) => logger.error({ error: error.message }, 'pool'),
    });
    opened.push(connected);
    return connected;
  };
  const rows = async (): Promise<
    { customer_id: string; subject_id: string; lookup_hash: Buffer; wrapped_key: Buffer }[]
  > =>
    (
      await database.query<{ customer_id: string; subject_id: string; lookup_hash: Buffer; wrapped_key: Buffer }>({
        text: 'SELECT * FROM subject_keys ORDER BY customer_id, subject_id',
      })
    ).rows;

  beforeAll(async () => {
    home = await migratedDatabase();
    database = home.database;
  });
  afterAll(async () => {
    await Promise.all(opened.map((connected) => connected.close()));
    await home.close();
  });
  beforeEach(() => database.query({ text: 'TRUNCATE subject_keys' }));

  it('gives one number one subject a customer, durable, and known to another process', async () => {
    const one = vault();
    const subject = await one.subjectFor('cus_1', PHONE);
    expect(subject.subjectId).toMatch(/^sub_[0-9A-Z]{26}$/);
    expect(subject.lookupHash).toBe(one.lookupHash(PHONE));
    expect(await rows()).toHaveLength(1);
    expect(await one.subjectFor('cus_1', PHONE)).toEqual(subject);
    expect(await vault().subjectFor('cus_1', PHONE)).toEqual(subject);
    expect((await one.subjectFor('cus_2', PHONE)).subjectId).not.toBe(subject.subjectId);
    expect((await one.subjectFor('cus_2', PHONE)).lookupHash).toBe(subject.lookupHash);
  });

  it('shares one insert between calls at once, and agrees with another process that makes the same', async () => {
    const [one, two] = [vault(), vault()];
    const phones = Array.from({ length: 300 }, (_, n) => `+2547${String(n % 100).padStart(8, '0')}`);
    const [ofOne, ofTwo] = await Promise.all([
      Promise.all(phones.map((phone) => one.subjectFor('cus_1', phone))),
      Promise.all([...phones].reverse().map((phone) => two.subjectFor('cus_1', phone))),
    ]);
    expect(ofTwo.reverse()).toEqual(ofOne);
    expect(await rows()).toHaveLength(100);
    const sealed = ofOne.map(({ subjectId }) => one.seal(subjectId, 'habari'));
    expect(new Set(await two.open(sealed))).toEqual(new Set(['habari']));
  });

  it('opens in the order given, reading the keys that it lacks in one query', async () => {
    const one = vault();
    const subjects = await Promise.all(
      Array.from({ length: 50 }, (_, n) => one.subjectFor('cus_1', `+25471${String(n).padStart(7, '0')}`)),
    );
    const fields = subjects.map(({ subjectId }, n) => one.seal(subjectId, `body ${n}`));
    const other = vault();
    const spy = jest.spyOn(opened.at(-1) ?? database, 'query');
    const expected = fields.map((_, n) => `body ${n}`);
    expect(await other.open(fields)).toEqual(expected);
    expect(spy).toHaveBeenCalledTimes(1);
    expect(await other.open(fields)).toEqual(expected);
    expect(spy).toHaveBeenCalledTimes(1);
    expect(await other.open([])).toEqual([]);
  });

  it('opens more than its cache holds', async () => {
    const one = vault();
    const subjects = await Promise.all(
      Array.from({ length: 40 }, (_, n) => one.subjectFor('cus_1', `+25472${String(n).padStart(7, '0')}`)),
    );
    const fields = subjects.map(({ subjectId }, n) => one.seal(subjectId, `body ${n}`));
    expect(await vault({ keys: 4 }).open(fields)).toEqual(fields.map((_, n) => `body ${n}`));
  });

  it('reads [erased] once the key is destroyed, and throws nothing', async () => {
    const one = vault();
    const { subjectId } = await one.subjectFor('cus_1', PHONE);
    const kept = await one.subjectFor('cus_1', '+254712345679');
    const fields = [one.seal(subjectId, PHONE), one.seal(kept.subjectId, 'kept')];
    await database.query({ text: 'DELETE FROM subject_keys WHERE subject_id = $1', values: [subjectId] });
    expect(await vault().open(fields)).toEqual([ERASED, 'kept']);
    const again = await vault().subjectFor('cus_1', PHONE);
    expect(again.subjectId).not.toBe(subjectId);
  });

  it('reads [erased] where a field was damaged, and says so in the log', async () => {
    const one = vault();
    const { subjectId } = await one.subjectFor('cus_1', PHONE);
    const sealed = one.seal(subjectId, PHONE);
    logger.lines.length = 0;
    expect(await one.open([{ ...sealed, tag: 'AAAAAAAAAAAAAAAAAAAAAA' }])).toEqual([ERASED]);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { subjectId } }]);
  });

  it('finds, and never makes', async () => {
    const one = vault();
    expect(await one.findSubject('cus_1', PHONE)).toBeNull();
    expect(await one.subjectsOfPhone(PHONE)).toEqual([]);
    const mine = await one.subjectFor('cus_1', PHONE);
    const theirs = await one.subjectFor('cus_2', PHONE);
    expect(await vault().findSubject('cus_1', PHONE)).toEqual(mine);
    expect(await vault().subjectsOfPhone(PHONE)).toEqual([
      { customerId: 'cus_1', subjectId: mine.subjectId },
      { customerId: 'cus_2', subjectId: theirs.subjectId },
    ]);
    expect(await rows()).toHaveLength(2);
  });

  it('keeps neither a number nor a key in the table, and the hash is keyed', async () => {
    const one = vault();
    const { lookupHash } = await one.subjectFor('cus_1', PHONE);
    const [row] = await rows();
    expect(JSON.stringify(row)).not.toContain('712345678');
    expect(row?.lookup_hash.toString('hex')).toBe(lookupHash);
    expect(row?.wrapped_key).toHaveLength(12 + 32 + 16);
    expect(vault({}, { ...keys, lookupKey: randomBytes(32) }).lookupHash(PHONE)).not.toBe(lookupHash);
  });

  it('does not seal for a subject that it does not hold the key of', () => {
    expect(() => vault().seal('sub_01HXKR3ABCDEFGHJKMNPQRSTVW', 'x')).toThrow('unavailable');
  });

  describe('once a subject was destroyed', () => {
    it('forgets it in the same moment, and gives the number another', async () => {
      const one = vault();
      const { subjectId } = await one.subjectFor('cus_1', PHONE);
      const field = one.seal(subjectId, PHONE);
      expect(await one.destroy([subjectId])).toBe(1);
      expect(await one.open([field])).toEqual([ERASED]);
      expect(() => one.seal(subjectId, 'x')).toThrow('unavailable');
      expect(await one.findSubject('cus_1', PHONE)).toBeNull();
      const next = await one.subjectFor('cus_1', PHONE);
      expect(next.subjectId).not.toBe(subjectId);
      expect(await one.open([field, one.seal(next.subjectId, 'new')])).toEqual([ERASED, 'new']);
    });

    it('takes a row that is still there for gone, and finishes what was begun', async () => {
      const one = vault();
      const { subjectId } = await one.subjectFor('cus_1', PHONE);
      const field = one.seal(subjectId, PHONE);
      const [row] = await rows();
      await one.destroy([subjectId]);
      // As a restored copy would bring it back.
      await database.query({
        text: 'INSERT INTO subject_keys (customer_id, lookup_hash, subject_id, wrapped_key, key_version) VALUES ($1, $2, $3, $4, 1)',
        values: [row?.customer_id, row?.lookup_hash, row?.subject_id, row?.wrapped_key],
      });
      expect(await one.open([field])).toEqual([ERASED]);
      expect(await one.findSubject('cus_1', PHONE)).toBeNull();
      expect(await one.subjectsOfPhone(PHONE)).toEqual([]);
      const next = await one.subjectFor('cus_1', PHONE);
      expect(next.subjectId).not.toBe(subjectId);
      expect((await rows()).map((one_) => one_.subject_id)).toEqual([next.subjectId]);
    });

    it('learns of it by itself when the life of what it holds is over', async () => {
      const [one, deaf] = [vault(), vault({ lifeMs: 300 })];
      const { subjectId } = await one.subjectFor('cus_1', PHONE);
      const field = one.seal(subjectId, PHONE);
      expect(await deaf.open([field])).toEqual([PHONE]);
      await one.destroy([subjectId]);
      expect(await deaf.open([field])).toEqual([PHONE]);
      await new Promise((resolve) => setTimeout(resolve, 310));
      expect(await deaf.open([field])).toEqual([ERASED]);
      expect((await deaf.subjectFor('cus_1', PHONE)).subjectId).not.toBe(subjectId);
    });

    it('reads no key as destroyed that its cache let go of meanwhile', async () => {
      const one = vault();
      const subjects = await Promise.all(
        Array.from({ length: 8 }, (_, n) => one.subjectFor('cus_1', `+25473${String(n).padStart(7, '0')}`)),
      );
      const fields = subjects.map(({ subjectId }, n) => one.seal(subjectId, `body ${n}`));
      const small = vault({ keys: 4 });
      await small.open(fields.slice(0, 2));
      expect(await small.open(fields)).toEqual(fields.map((_, n) => `body ${n}`));
    });
  });

  describe('with a master key that is missing or wrong', () => {
    const other = { ...keys, masterKeys: versions(1, [1, second]) };
    const later = { ...keys, masterKeys: versions(2, [2, second]) };

    it.each([
      ['another key', other, 'WAHT_MASTER_KEY version 1 is not the key that the keys of 2 subjects are wrapped under'],
      [
        'no such version',
        later,
        'WAHT_MASTER_KEY has no version 1, in which the keys of 2 subjects are wrapped: add it',
      ],
    ])('refuses and never reads [erased]: %s', async (_, wrong, line) => {
      const one = vault();
      const { subjectId } = await one.subjectFor('cus_1', PHONE);
      await one.subjectFor('cus_2', PHONE);
      const field = one.seal(subjectId, PHONE);
      const blind = vault({}, wrong);
      expect(await blind.doubt()).toBeNull();
      logger.lines.length = 0;
      await expect(blind.open([field])).rejects.toMatchObject({ code: 'unavailable' });
      await expect(blind.subjectFor('cus_1', PHONE)).rejects.toMatchObject({ code: 'unavailable' });
      expect(logger.lines[0]).toMatchObject({ level: 'error', fields: { subjectId, masterKeyVersion: 1 } });
      expect(await blind.problems()).toEqual([line]);
      expect(await blind.doubt()).toBe(line);
      expect(await one.problems()).toEqual([]);
    });

    it('fails one recipient alone where its row is damaged, and stays ready', async () => {
      const one = vault();
      const { subjectId } = await one.subjectFor('cus_1', PHONE);
      await one.subjectFor('cus_2', PHONE);
      const field = one.seal(subjectId, PHONE);
      await database.query({
        text: `UPDATE subject_keys SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1) WHERE subject_id = $1`,
        values: [subjectId],
      });
      const fresh = vault();
      const both = await Promise.allSettled([fresh.subjectFor('cus_1', PHONE), fresh.subjectFor('cus_2', PHONE)]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      await expect(fresh.open([field])).rejects.toMatchObject({ code: 'unavailable' });
      expect(await fresh.doubt()).toBeNull();
    });

    it('opens the rows of every version that it has', async () => {
      const one = vault();
      const old = await one.subjectFor('cus_1', PHONE);
      const both = vault({}, { ...keys, masterKeys: versions(2, [1, first], [2, second]) });
      const fresh = await both.subjectFor('cus_2', PHONE);
      const fields = [one.seal(old.subjectId, 'old'), both.seal(fresh.subjectId, 'fresh')];
      expect(await both.open(fields)).toEqual(['old', 'fresh']);
      expect(await both.problems()).toEqual([]);
      expect(await one.problems()).toEqual([
        'WAHT_MASTER_KEY has no version 2, in which the keys of 1 subjects are wrapped: add it',
      ]);
    });
  });

  it('fails the callers of a batch that could not be written, and works again afterwards', async () => {
    const one = vault();
    await database.query({ text: 'ALTER TABLE subject_keys RENAME TO away' });
    await expect(Promise.all([one.subjectFor('cus_1', PHONE), one.subjectFor('cus_2', PHONE)])).rejects.toThrow();
    await database.query({ text: 'ALTER TABLE away RENAME TO subject_keys' });
    expect((await one.subjectFor('cus_1', PHONE)).subjectId).toMatch(/^sub_/);
  });
});
