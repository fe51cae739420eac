import type { TierConfiguration } from '../../application/ports/configuration';
import { TIERS, type Tier } from '../../domain/routing/tiers';
import type { EnvironmentReader } from './environment';

const KINDS = ['simulated', 'africastalking'] as const;
const AFRICAS_TALKING_URL = 'https://api.africastalking.com';
/** Stands in callbacks' paths and in the name of a stream. */
const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

/** The accounts of live messages and of test messages. */
export interface Accounts {
  readonly tiers: readonly TierConfiguration[];
  readonly testTiers: readonly TierConfiguration[];
}

function readAccount(reader: EnvironmentReader, prefix: string, tier: Tier, simulated: boolean): TierConfiguration {
  const url = reader.raw(`${prefix}_URL`) ?? (simulated ? '' : AFRICAS_TALKING_URL);
  if (url === '') reader.problem(`${prefix}_URL`, 'is missing: the origin of the sandbox that plays this provider');
  const parsed = reader.url(`${prefix}_URL`, url, simulated ? ['http:', 'https:'] : ['https:']);
  if (parsed !== null && (parsed.pathname !== '/' || parsed.search !== '' || parsed.username !== '')) {
    reader.problem(`${prefix}_URL`, 'must be an origin, without a path or credentials');
  }
  const name = reader.text(`${prefix}_NAME`, `${simulated ? 'sandbox' : 'africastalking'}-${tier.replace('_', '-')}`);
  if (!ACCOUNT_NAME.test(name)) {
    reader.problem(`${prefix}_NAME`, 'must be 1 to 40 lower-case letters, digits, hyphens or underscores');
  }
  const purpose = "the account's name and key at Africa's Talking";
  return {
    tier,
    name,
    adapter: 'africastalking',
    simulated,
    url: parsed?.origin ?? '',
    username: simulated ? reader.text(`${prefix}_USERNAME`, 'sandbox') : reader.required(`${prefix}_USERNAME`, purpose),
    apiKey: simulated ? reader.text(`${prefix}_API_KEY`, `${name}-key`) : reader.required(`${prefix}_API_KEY`, purpose),
  };
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
    else accounts.push(readAccount(reader, variable, tier, known === 'simulated'));
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
