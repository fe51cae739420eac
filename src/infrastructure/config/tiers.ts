import type { Adapter, TierConfiguration } from '../../application/ports/configuration';
import { TIERS, type Tier } from '../../domain/routing/tiers';
import { ADAPTERS, readAccount } from './accounts';
import type { EnvironmentReader } from './environment';

/** Stands in callbacks' paths and in the name of a stream. */
const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const KINDS = [...ADAPTERS, 'simulated'] as const;

/** The accounts of live messages and of test messages. */
export interface Accounts {
  readonly tiers: readonly TierConfiguration[];
  readonly testTiers: readonly TierConfiguration[];
}

/** A simulated account speaks the contract of any adapter, the first one where nothing is said. */
function readOne(
  reader: EnvironmentReader,
  prefix: string,
  tier: Tier,
  kind: Adapter | 'simulated',
): TierConfiguration {
  const simulated = kind === 'simulated';
  const variable = `${prefix}_ADAPTER`;
  if (!simulated && reader.raw(variable) !== null) reader.problem(variable, 'is for a simulated tier only');
  const adapter = simulated ? reader.oneOf(variable, ADAPTERS, 'africastalking') : kind;
  const name = reader.text(`${prefix}_NAME`, `${simulated ? 'sandbox' : adapter}-${tier.replace('_', '-')}`);
  if (!ACCOUNT_NAME.test(name)) {
    reader.problem(`${prefix}_NAME`, 'must be 1 to 40 lower-case letters, digits, hyphens or underscores');
  }
  return readAccount(reader, prefix, adapter, { tier, name, simulated });
}

function readGroup(reader: EnvironmentReader, prefix: '' | 'TEST_'): TierConfiguration[] {
  const accounts: TierConfiguration[] = [];
  for (const tier of TIERS) {
    const variable = `${prefix}${tier.toUpperCase()}`;
    const kind =
      reader.raw(variable) ?? (prefix === 'TEST_' && reader.raw(`${variable}_URL`) !== null ? 'simulated' : null);
    if (kind === null) continue;
    const known = KINDS.find((candidate) => candidate === kind);
    if (known === undefined) reader.problem(variable, `must be one of ${KINDS.join(', ')}`);
    else if (prefix === 'TEST_' && known !== 'simulated') reader.problem(variable, 'must be simulated');
    else accounts.push(readOne(reader, variable, tier, known));
  }
  return accounts;
}

function refuseSharedNames(
  reader: EnvironmentReader,
  live: readonly TierConfiguration[],
  test: TierConfiguration[],
): void {
  const seen = new Map<string, string>();
  const named = [...live.map((a) => ({ a, prefix: '' })), ...test.map((a) => ({ a, prefix: 'TEST_' }))];
  for (const { a, prefix } of named) {
    const variable = `${prefix}${a.tier.toUpperCase()}_NAME`;
    const first = seen.get(a.name);
    if (first !== undefined) reader.problem(variable, `is the same account name as that of ${first}`);
    seen.set(a.name, variable);
  }
}

/**
 * Which provider serves which tier. Live keys meet real accounts only, or, outside production, simulated ones only; test
 * keys always meet simulated ones.
 */
export function readAccounts(reader: EnvironmentReader, production: boolean): Accounts {
  const tiers = readGroup(reader, '');
  const simulated = tiers.filter((account) => account.simulated);
  if (tiers.length === 0) reader.problem('TIER_1', 'is missing: no tier is configured at all');
  if (production) {
    for (const account of simulated) {
      reader.problem(account.tier.toUpperCase(), `is simulated: in production ${account.tier} must be a real provider`);
    }
  } else if (simulated.length > 0 && simulated.length < tiers.length) {
    for (const account of simulated) {
      reader.problem(account.tier.toUpperCase(), 'is simulated while another tier is real: live keys never meet both');
    }
  }
  const testTiers = readGroup(reader, 'TEST_');
  refuseSharedNames(reader, tiers, testTiers);
  if (testTiers.length > 0) return { tiers, testTiers };
  if (tiers.length > 0 && simulated.length === 0) {
    reader.problem('TEST_TIER_1', 'is missing: test keys need a simulated account where the live ones are real');
  }
  return { tiers, testTiers: simulated };
}
