import { randomBytes } from 'node:crypto';
import { CryptoIdSource } from '../../src/infrastructure/crypto/id-source';
import { PostgresSubjectVault, type VaultKeys } from '../../src/infrastructure/crypto/postgres-subject-vault';
import { SystemClock } from '../../src/infrastructure/crypto/system-clock';
import type { Database } from '../../src/infrastructure/postgres/database';
import { MemoryLogger } from './adapter';

/** Keys that nothing else knows. */
export const randomVaultKeys = (): VaultKeys => ({
  masterKeys: { current: 1, byVersion: new Map([[1, randomBytes(32)]]) },
  lookupKey: randomBytes(32),
});

/** A vault as a process has it, over a database with its table. */
export const vaultOn = (database: Database, keys: VaultKeys = randomVaultKeys()): PostgresSubjectVault =>
  new PostgresSubjectVault(database, keys, new CryptoIdSource(new SystemClock()), new MemoryLogger());
