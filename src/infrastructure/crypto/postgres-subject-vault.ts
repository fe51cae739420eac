import { createHmac } from 'node:crypto';
import type { IdSource } from '../../application/ports/id-source';
import type { Logger } from '../../application/ports/logger';
import { ERASED, type Subject, type SubjectVault } from '../../application/ports/subject-vault';
import type { Sealed } from '../../domain/shared/sealed';
import type { Database } from '../postgres/database';
import { KeyCache } from './key-cache';
import { MicroBatch } from './micro-batch';
import { KEY_VERSION, KeyWrapper, deriveKey, newSubjectKey, openWith, sealWith } from './subject-key';
import { SubjectKeyTable, type SubjectRow } from './subject-key-table';

const CACHED_KEYS = 100_000;
const MOST_ROWS = 500;

interface Reference {
  readonly customerId: string;
  readonly lookupHash: Buffer;
  /** Both in one text; half of the hash is enough to tell recipients of one customer apart. */
  readonly text: string;
}

export interface VaultKeys {
  readonly masterKey: Buffer;
  readonly lookupKey: Buffer;
}

/** Subjects and their keys in Postgres, the ones used last in memory. */
export class PostgresSubjectVault implements SubjectVault {
  private readonly table: SubjectKeyTable;
  private readonly wrapper: KeyWrapper;
  private readonly hashKey: Buffer;
  private readonly cache: KeyCache;
  private readonly inserts: MicroBatch<Reference, string>;

  constructor(
    database: Database,
    keys: VaultKeys,
    private readonly ids: IdSource,
    private readonly logger: Logger,
    cachedKeys = CACHED_KEYS,
  ) {
    this.table = new SubjectKeyTable(database);
    this.wrapper = new KeyWrapper(keys.masterKey);
    this.hashKey = deriveKey(keys.lookupKey, 'subject-lookup/1');
    this.cache = new KeyCache(cachedKeys);
    this.inserts = new MicroBatch((references) => this.insert(references), MOST_ROWS);
  }

  lookupHash(phone: string): string {
    return this.hash(phone).toString('hex');
  }

  async subjectFor(customerId: string, phone: string): Promise<Subject> {
    const reference = this.reference(customerId, phone);
    const subjectId = this.cache.subjectOf(reference.text) ?? (await this.inserts.add(reference));
    return { subjectId, lookupHash: reference.lookupHash.toString('hex') };
  }

  async findSubject(customerId: string, phone: string): Promise<Subject | null> {
    const reference = this.reference(customerId, phone);
    const lookupHash = reference.lookupHash.toString('hex');
    const cached = this.cache.subjectOf(reference.text);
    if (cached !== null) return { subjectId: cached, lookupHash };
    const row = await this.table.byReference(customerId, reference.lookupHash);
    if (row === null) return null;
    this.remember(row);
    return { subjectId: row.subjectId, lookupHash };
  }

  async subjectsOfPhone(phone: string): Promise<{ customerId: string; subjectId: string }[]> {
    const rows = await this.table.byHash(this.hash(phone));
    return rows.map(({ customerId, subjectId }) => ({ customerId, subjectId }));
  }

  seal(subjectId: string, plaintext: string): Sealed {
    const key = this.cache.key(subjectId);
    if (key === null) throw new Error('a subject that this process does not hold the key of');
    return sealWith(key, subjectId, plaintext);
  }

  async open(fields: readonly Sealed[]): Promise<string[]> {
    const missing = new Set<string>();
    for (const { kid } of fields) if (this.cache.key(kid) === null) missing.add(kid);
    // The keys of one call are held here: more of them than the cache has room for must still open.
    const loaded = missing.size === 0 ? new Map<string, Buffer>() : await this.load([...missing]);
    return fields.map((field) => this.openOne(field, loaded.get(field.kid) ?? this.cache.key(field.kid)));
  }

  private openOne(field: Sealed, key: Uint8Array | null): string {
    if (key === null) return ERASED;
    try {
      return openWith(key, field);
    } catch (error) {
      // Damaged, or under a key made anew after the first was destroyed: unreadable is what it is, for everyone.
      this.logger.warn({ subjectId: field.kid, cause: String(error) }, 'a sealed field does not open');
      return ERASED;
    }
  }

  private async load(subjectIds: readonly string[]): Promise<Map<string, Buffer>> {
    const keys = new Map<string, Buffer>();
    for (const row of await this.table.bySubjects(subjectIds)) keys.set(row.subjectId, this.remember(row));
    return keys;
  }

  private async insert(references: readonly Reference[]): Promise<string[]> {
    const rows = new Map<string, SubjectRow>();
    for (const { text, customerId, lookupHash } of references) {
      if (rows.has(text)) continue;
      const subjectId = this.ids.next('sub');
      const wrappedKey = this.wrapper.wrap(subjectId, newSubjectKey());
      rows.set(text, { customerId, lookupHash, subjectId, wrappedKey, keyVersion: KEY_VERSION });
    }
    const subjects = new Map<string, string>();
    for (const row of await this.table.upsert([...rows.values()])) {
      this.remember(row);
      subjects.set(referenceText(row.customerId, row.lookupHash), row.subjectId);
    }
    return references.map(({ text }) => {
      const subjectId = subjects.get(text);
      if (subjectId === undefined) throw new Error('a subject was neither inserted nor found');
      return subjectId;
    });
  }

  private remember(row: SubjectRow): Buffer {
    const key = this.wrapper.unwrap(row.subjectId, row.wrappedKey, row.keyVersion);
    this.cache.put(row.subjectId, referenceText(row.customerId, row.lookupHash), key);
    return key;
  }

  private reference(customerId: string, phone: string): Reference {
    const lookupHash = this.hash(phone);
    return { customerId, lookupHash, text: referenceText(customerId, lookupHash) };
  }

  private hash(phone: string): Buffer {
    return createHmac('sha256', this.hashKey).update(phone).digest();
  }
}

const referenceText = (customerId: string, lookupHash: Buffer): string =>
  `${customerId}:${lookupHash.toString('latin1', 0, 16)}`;
