import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { MasterKeys } from '../../application/ports/configuration';
import { ALGORITHM, IV_BYTES, TAG_BYTES, deriveKey, nextIv } from './subject-key';

/** Of the way in which keys are wrapped; a change of it would be another purpose, and so another key. */
const PURPOSE = 'subject-keys/1';

/** A subject's key that is there and does not open: never to be taken for one that was destroyed. */
export class UnusableKey extends Error {
  constructor(
    readonly subjectId: string,
    readonly version: number,
    readonly reason: 'version_missing' | 'does_not_unwrap',
  ) {
    super(
      reason === 'version_missing'
        ? `the key of ${subjectId} is wrapped in version ${version} of the master key, which is not configured`
        : `the key of ${subjectId} does not unwrap under version ${version} of the master key`,
    );
    this.name = 'UnusableKey';
  }
}

export interface WrappedKey {
  /** iv, ciphertext and tag. */
  readonly bytes: Buffer;
  /** Of the master key. */
  readonly version: number;
}

/** Subjects' keys as they stand in Postgres: each under a key derived from one version of the master key. */
export class KeyWrapper {
  readonly current: number;
  private readonly wrappingKeys: ReadonlyMap<number, Buffer>;

  constructor({ current, byVersion }: MasterKeys) {
    this.current = current;
    this.wrappingKeys = new Map([...byVersion].map(([version, key]) => [version, deriveKey(key, PURPOSE)]));
  }

  get versions(): readonly number[] {
    return [...this.wrappingKeys.keys()];
  }

  /** In the current version. */
  wrap(subjectId: string, key: Uint8Array): WrappedKey {
    const iv = nextIv();
    const cipher = createCipheriv(ALGORITHM, this.wrappingKey(subjectId, this.current), iv);
    cipher.setAAD(Buffer.from(subjectId));
    const bytes = Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
    return { bytes, version: this.current };
  }

  /** @throws UnusableKey where it was wrapped under a key that is not here, or the row was damaged. */
  unwrap(subjectId: string, { bytes, version }: WrappedKey): Buffer {
    const wrappingKey = this.wrappingKey(subjectId, version);
    if (bytes.length <= IV_BYTES + TAG_BYTES) throw new UnusableKey(subjectId, version, 'does_not_unwrap');
    const decipher = createDecipheriv(ALGORITHM, wrappingKey, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(subjectId));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const key = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES));
    try {
      return Buffer.concat([key, decipher.final()]);
    } catch {
      // The one thing that `final` can say is that the tag does not fit.
      throw new UnusableKey(subjectId, version, 'does_not_unwrap');
    }
  }

  private wrappingKey(subjectId: string, version: number): Buffer {
    const key = this.wrappingKeys.get(version);
    if (key === undefined) throw new UnusableKey(subjectId, version, 'version_missing');
    return key;
  }
}
