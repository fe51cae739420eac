import { createHmac } from 'node:crypto';
import type { MasterKeys } from '../../application/ports/configuration';
import type { IdSource } from '../../application/ports/id-source';
import type { Logger } from '../../application/ports/logger';
import { ERASED, type Subject, type SubjectVault } from '../../application/ports/subject-vault';
import { DomainError } from '../../domain/shared/domain-error';
import type { Sealed } from '../../domain/shared/sealed';
import type { Database } from '../postgres/database';
import { ErasedSubjects } from './erased-subjects';
import { KeyCache } from './key-cache';
import { KeyWrapper, UnusableKey } from './key-wrapper';
import { MasterKeyCheck } from './master-key-check';
import { MicroBatch } from './micro-batch';
import { deriveKey, newSubjectKey, openWith, sealWith } from './subject-key';
import { SubjectKeyTable, type SubjectRow } from './subject-key-table';

const CACHED_KEYS = 100_000;
/** After this a key is asked for again, so that one destroyed behind this process's back is not used for longer. */
const KEY_LIFE_MS = 300_000;
const MOST_ROWS = 500;
/** An erasure may come between reading a row and using it; two in a row do not happen. */
const INSERT_ATTEMPTS = 3;

interface Reference {
  readonly customerId: string;
  /** Hexadecimal. */
  readonly lookupHash: string;
  /** Both in one text; half of the hash is enough to tell recipients of one customer apart. */
  readonly text: string;
}

export interface VaultKeys {
  readonly masterKeys: MasterKeys;
  readonly lookupKey: Buffer;
}

/** For tests: how much is cached, and for how long. */
export interface VaultCache {
  readonly keys?: number;
  readonly lifeMs?: number;
}

/** Subjects and their keys in Postgres, the ones used last in memory. */
export class PostgresSubjectVault implements SubjectVault {
  private readonly table: SubjectKeyTable;
  private readonly wrapper: KeyWrapper;
  private readonly check: MasterKeyCheck;
  private readonly hashKey: Buffer;
  private readonly cache: KeyCache;
  private readonly erased = new ErasedSubjects();
  private readonly inserts: MicroBatch<Reference, string | DomainError>;
  private doubted = false;

  constructor(
    database: Database,
    keys: VaultKeys,
    private readonly ids: IdSource,
    private readonly logger: Logger,
    cache: VaultCache = {},
  ) {
    this.table = new SubjectKeyTable(database);
    this.wrapper = new KeyWrapper(keys.masterKeys);
    this.check = new MasterKeyCheck(database, this.wrapper);
    this.hashKey = deriveKey(keys.lookupKey, 'subject-lookup/1');
    this.cache = new KeyCache(cache.keys ?? CACHED_KEYS, cache.lifeMs ?? KEY_LIFE_MS);
    this.inserts = new MicroBatch((references) => this.insert(references), MOST_ROWS);
  }

  lookupHash(phone: string): string {
    return this.hash(phone);
  }

  async subjectFor(customerId: string, phone: string, lookupHash?: string): Promise<Subject> {
    const reference = this.reference(customerId, lookupHash ?? this.hash(phone));
    const subjectId = this.cache.subjectOf(reference.text) ?? (await this.inserts.add(reference));
    if (subjectId instanceof DomainError) throw subjectId;
    return { subjectId, lookupHash: reference.lookupHash };
  }

  async findSubject(customerId: string, phone: string): Promise<Subject | null> {
    const { lookupHash, text } = this.reference(customerId, this.hash(phone));
    const cached = this.cache.subjectOf(text);
    if (cached !== null) return { subjectId: cached, lookupHash };
    const row = await this.table.byReference(customerId, Buffer.from(lookupHash, 'hex'));
    return row === null || this.erased.has(row.subjectId) ? null : { subjectId: row.subjectId, lookupHash };
  }

  async subjectsOfPhone(phone: string): Promise<{ customerId: string; subjectId: string }[]> {
    const rows = await this.table.byHash(Buffer.from(this.hash(phone), 'hex'));
    return rows
      .filter(({ subjectId }) => !this.erased.has(subjectId))
      .map(({ customerId, subjectId }) => ({ customerId, subjectId }));
  }

  seal(subjectId: string, plaintext: string): Sealed {
    const key = this.cache.key(subjectId);
    // It was there when the subject was asked for: an erasure has come in between, and the next try gets a new subject.
    if (key === null) throw new DomainError('unavailable', 'The recipient was just erased; try again.', [], 1);
    return sealWith(key, subjectId, plaintext);
  }

  async open(fields: readonly Sealed[]): Promise<string[]> {
    const missing = new Set<string>();
    for (const { kid } of fields) if (this.cache.freshKey(kid) === null) missing.add(kid);
    if (missing.size === 0) return fields.map((field) => this.openOne(field, this.cache.key(field.kid)));
    // The keys of one call are held here: more of them than the cache has room for must still open.
    const keys = new Map<string, Buffer>();
    for (const { kid } of fields) {
      const cached = missing.has(kid) || keys.has(kid) ? null : this.cache.key(kid);
      if (cached !== null) keys.set(kid, Buffer.from(cached));
    }
    await this.load(missing, keys);
    return fields.map((field) =>
      this.openOne(field, this.erased.has(field.kid) ? null : (keys.get(field.kid) ?? null)),
    );
  }

  /** Destroys the keys of subjects for good, here and in Postgres. @returns how many rows there were. */
  async destroy(subjectIds: readonly string[]): Promise<number> {
    for (const subjectId of subjectIds) {
      this.erased.add(subjectId);
      this.cache.remove(subjectId);
    }
    return this.table.destroy(subjectIds);
  }

  /** Destroys the keys of one owner that were made before this. */
  async destroyMadeBefore(customerId: string, before: Date): Promise<void> {
    for (const subjectId of await this.table.destroyMadeBefore(customerId, before)) this.cache.remove(subjectId);
  }

  /** One line for each version of the master key that is missing or wrong; for the start. */
  problems(): Promise<string[]> {
    return this.check.problems();
  }

  /** What is wrong with the master keys, once a key did not unwrap; null where all is well or one row alone is damaged. */
  async doubt(): Promise<string | null> {
    if (!this.doubted) return null;
    const [problem] = await this.check.problems();
    this.doubted = problem !== undefined;
    return problem ?? null;
  }

  private openOne(field: Sealed, key: Uint8Array | null): string {
    if (key === null) return ERASED;
    try {
      return openWith(key, field);
    } catch (error) {
      // Its key is right, so the field was damaged: unreadable is what it is, for everyone.
      this.logger.warn({ subjectId: field.kid, cause: String(error) }, 'a sealed field does not open');
      return ERASED;
    }
  }

  private async load(subjectIds: ReadonlySet<string>, keys: Map<string, Buffer>): Promise<void> {
    for (const row of await this.table.bySubjects([...subjectIds])) keys.set(row.subjectId, this.remember(row));
    // No row any more: nor shall this process go on with what it had.
    for (const subjectId of subjectIds) if (!keys.has(subjectId)) this.cache.remove(subjectId);
  }

  private async insert(references: readonly Reference[]): Promise<(string | DomainError)[]> {
    const wanted = new Map(references.map((reference) => [reference.text, reference]));
    const found = new Map<string, string | DomainError>();
    for (let attempt = 1; wanted.size > 0 && attempt <= INSERT_ATTEMPTS; attempt++) {
      const leftOver: string[] = [];
      for (const row of await this.table.upsert([...wanted.values()].map((reference) => this.newRow(reference)))) {
        const text = referenceText(row.customerId, row.lookupHash.toString('hex'));
        if (this.erased.has(row.subjectId)) {
          leftOver.push(row.subjectId);
        } else {
          found.set(text, this.rememberOrRefuse(row));
          wanted.delete(text);
        }
      }
      // Whoever erases is about to delete them: done here, the number gets its next subject at once.
      if (leftOver.length > 0) await this.table.destroy(leftOver);
    }
    return references.map(
      ({ text }) =>
        found.get(text) ?? new DomainError('unavailable', 'The recipient was just erased; try again.', [], 1),
    );
  }

  private newRow({ customerId, lookupHash }: Reference): SubjectRow {
    const subjectId = this.ids.next('sub');
    const { bytes: wrappedKey, version: keyVersion } = this.wrapper.wrap(subjectId, newSubjectKey());
    return { customerId, lookupHash: Buffer.from(lookupHash, 'hex'), subjectId, wrappedKey, keyVersion };
  }

  /** The one recipient whose key does not unwrap must not fail the others of its batch. */
  private rememberOrRefuse(row: SubjectRow): string | DomainError {
    try {
      this.remember(row);
      return row.subjectId;
    } catch (error) {
      if (error instanceof DomainError) return error;
      throw error;
    }
  }

  /** @throws DomainError unavailable where the key does not unwrap. */
  private remember(row: SubjectRow): Buffer {
    const key = this.unwrap(row);
    if (!this.erased.has(row.subjectId)) {
      this.cache.put(row.subjectId, referenceText(row.customerId, row.lookupHash.toString('hex')), key);
    }
    return key;
  }

  private unwrap({ subjectId, wrappedKey, keyVersion }: SubjectRow): Buffer {
    try {
      return this.wrapper.unwrap(subjectId, { bytes: wrappedKey, version: keyVersion });
    } catch (error) {
      if (!(error instanceof UnusableKey)) throw error;
      this.doubted = true;
      this.logger.error({ subjectId, masterKeyVersion: keyVersion, reason: error.reason }, 'a key does not unwrap');
      throw new DomainError('unavailable', 'Personal data cannot be opened right now.', [], 5);
    }
  }

  private reference(customerId: string, lookupHash: string): Reference {
    return { customerId, lookupHash, text: referenceText(customerId, lookupHash) };
  }

  private hash(phone: string): string {
    return createHmac('sha256', this.hashKey).update(phone).digest('hex');
  }
}

const referenceText = (customerId: string, lookupHash: string): string => `${customerId}:${lookupHash.slice(0, 32)}`;
