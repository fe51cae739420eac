import { join } from 'node:path';
import type { LauncherOptions } from './options';
import type { Secrets } from './secrets';

/** Where the embedded services listen and what they keep to themselves. */
export interface Surroundings {
  readonly options: LauncherOptions;
  readonly secrets: Secrets;
  /** The application's address on this machine. */
  readonly base: string;
  readonly eventStoreUrl: string;
  /** What the application serves with. */
  readonly databaseUrl: string;
  /** Of the owner of the tables; undefined where the user gave a database without it. */
  readonly databaseOwnerUrl: string | undefined;
  readonly redisUrl: string;
  readonly sandboxPort: number;
  /** The ports of the three simulated providers, tier 1 first. */
  readonly tierPorts: readonly number[];
}

/** The account that the application has with each simulated provider. */
const SANDBOX_USERNAME = 'sandbox';
const DEFAULT_ADAPTER = 'africastalking';
/** A bind over SMPP takes no longer password. */
const LONGEST_SMPP_PASSWORD = 8;

/** The address of the page that shows what each handset received. */
export function handsetUrl({ sandboxPort }: Pick<Surroundings, 'sandboxPort'>): string {
  return `http://127.0.0.1:${sandboxPort}`;
}

/** The name of a simulated provider. @param tier 1, 2 or 3. */
export function sandboxName(tier: number): string {
  return `sandbox-tier-${tier}`;
}

/**
 * The variables that the launcher gives the application, over and above those that it was started with itself.
 * They are also what the command line needs to reach the same services.
 */
export function applicationVariables(around: Surroundings, given: NodeJS.ProcessEnv): Record<string, string> {
  const { options, secrets } = around;
  const tiers = around.tierPorts.flatMap((port, index) => tierVariables(around, index + 1, port, given));
  return {
    NODE_ENV: given['NODE_ENV'] || 'production',
    WAHT_ENV: given['WAHT_ENV'] || 'development',
    HOST: options.host,
    PORT: String(options.port),
    PUBLIC_BASE_URL: given['PUBLIC_BASE_URL'] || around.base,
    ESDB_URL: around.eventStoreUrl,
    DATABASE_URL: around.databaseUrl,
    ...(around.databaseOwnerUrl === undefined ? {} : { DATABASE_MIGRATION_URL: around.databaseOwnerUrl }),
    REDIS_URL: around.redisUrl,
    ...masterKeyVariables(around, given),
    WAHT_LOOKUP_KEY: given['WAHT_LOOKUP_KEY'] || secrets.lookup_key,
    WAHT_CALLBACK_SECRET: callbackSecret(around, given),
    WAHT_AUDIT_SIGNING_KEY: given['WAHT_AUDIT_SIGNING_KEY'] || secrets.audit_signing_key,
    WAHT_AUDIT_FOLDER: given['WAHT_AUDIT_FOLDER'] || join(options.dataFolder, 'audit'),
    ...(options.production ? {} : { HANDSET_URL: handsetUrl(around) }),
    ...Object.fromEntries(tiers.filter(([name]) => !options.ownTiers || !given[name])),
  };
}

/** A file of the user's own takes the place of the key that was drawn for this installation. */
function masterKeyVariables({ secrets }: Surroundings, given: NodeJS.ProcessEnv): Record<string, string> {
  const { WAHT_MASTER_KEY_FILE: file, WAHT_MASTER_KEY_VERSION: version } = given;
  return {
    ...(file ? { WAHT_MASTER_KEY_FILE: file } : { WAHT_MASTER_KEY: given['WAHT_MASTER_KEY'] || secrets.master_key }),
    ...(version ? { WAHT_MASTER_KEY_VERSION: version } : {}),
  };
}

/** Beside providers of the user's own the simulated ones serve test keys only, and are then named so. */
function tierVariables(around: Surroundings, tier: number, port: number, given: NodeJS.ProcessEnv): [string, string][] {
  const { options } = around;
  const adapter = adapterOf(around, tier, given);
  const url = `${adapter === 'smpp' ? 'smpp' : 'http'}://127.0.0.1:${port}`;
  const key = keyFor(adapter, around);
  if (options.ownTiers) {
    return [
      [`TEST_TIER_${tier}_ADAPTER`, adapter],
      [`TEST_TIER_${tier}_URL`, url],
      [`TEST_TIER_${tier}_API_KEY`, key],
    ];
  }
  return [
    [`TIER_${tier}`, 'simulated'],
    [`TIER_${tier}_ADAPTER`, adapter],
    [`TIER_${tier}_NAME`, sandboxName(tier)],
    [`TIER_${tier}_URL`, url],
    [`TIER_${tier}_USERNAME`, SANDBOX_USERNAME],
    [`TIER_${tier}_API_KEY`, key],
  ];
}

/** The variables of the sandbox's process. @param data its own folder. */
export function sandboxVariables(around: Surroundings, data: string, given: NodeJS.ProcessEnv): Record<string, string> {
  const providers = around.tierPorts.map((port, index) => {
    const name = sandboxName(index + 1);
    const adapter = adapterOf(around, index + 1, given);
    return {
      name,
      tier: `tier_${index + 1}`,
      adapter,
      port,
      username: SANDBOX_USERNAME,
      api_key: keyFor(adapter, around),
      // A message centre reports over the connection that we make to it.
      ...(adapter === 'smpp'
        ? {}
        : callbackAddresses(`/callbacks/sms/${name}/${callbackSecret(around, given)}`, around, given)),
    };
  });
  return {
    SANDBOX_PORT: String(around.sandboxPort),
    SANDBOX_DATA: data,
    // In production the simulators serve test keys, but neither the page nor the control API exists.
    SANDBOX_ROUTES: around.options.production ? 'off' : 'on',
    SANDBOX_PROVIDERS: JSON.stringify(providers),
  };
}

/** What is signed is the address as providers are told it; what is called is the application on this machine. */
function callbackAddresses(path: string, { base }: Surroundings, given: NodeJS.ProcessEnv): Record<string, string> {
  const told = given['PUBLIC_BASE_URL'];
  return {
    callback_url: `${base}${path}/reports`,
    inbound_url: `${base}${path}/inbound`,
    opt_out_url: `${base}${path}/opt-outs`,
    ...(told ? { inbound_signed_url: `${told}${path}/inbound` } : {}),
  };
}

/** The contract that a simulated provider speaks. What cannot be spoken is refused by whoever reads it. */
function adapterOf({ options }: Surroundings, tier: number, given: NodeJS.ProcessEnv): string {
  return given[`${options.ownTiers ? 'TEST_' : ''}TIER_${tier}_ADAPTER`]?.trim() || DEFAULT_ADAPTER;
}

function keyFor(adapter: string, { secrets }: Surroundings): string {
  const key = secrets.sandbox_api_key;
  return adapter === 'smpp' ? key.slice(0, LONGEST_SMPP_PASSWORD) : key;
}

function callbackSecret({ secrets }: Surroundings, given: NodeJS.ProcessEnv): string {
  return given['WAHT_CALLBACK_SECRET'] || secrets.callback_secret;
}
