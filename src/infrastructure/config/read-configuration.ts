import { DEFAULT_THRESHOLDS } from '../../domain/routing/move';
import type { Configuration, Role } from '../../application/ports/configuration';
import { readAudit } from './audit';
import { EnvironmentReader, type Environment } from './environment';
import { readMasterKeys } from './master-keys';
import { readPromotion } from './promotion';
import { readSecret, refuseDefaultPassword, refuseSharedSecrets } from './secrets';
import { readAccounts } from './tiers';

const ENVIRONMENTS = ['development', 'production'] as const;
const ROLES: readonly Role[] = ['api', 'dispatcher', 'projector'];
const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
const DAY_SECONDS = 86_400;
const HOUR_MS = 3_600_000;

/** WAHT_ENV wins over NODE_ENV, which tools set to values of their own (`test`): any other value of it is development. */
function readEnvironment(reader: EnvironmentReader): 'development' | 'production' {
  const fallback = reader.raw('NODE_ENV') === 'production' ? 'production' : 'development';
  return reader.oneOf('WAHT_ENV', ENVIRONMENTS, fallback);
}

function readRoles(reader: EnvironmentReader): ReadonlySet<Role> {
  const roles = new Set<Role>();
  for (const name of reader.list('WAHT_ROLES', ROLES)) {
    const role = ROLES.find((candidate) => candidate === name);
    if (role === undefined) reader.problem('WAHT_ROLES', `must be of ${ROLES.join(', ')}`);
    else roles.add(role);
  }
  if (roles.size === 0) reader.problem('WAHT_ROLES', 'names no role');
  return roles;
}

function readRetryDelays(reader: EnvironmentReader): readonly number[] {
  const delays = reader
    .list('RETRY_DELAYS_MS', ['1000', '4000'])
    .map((text) => (/^\d{1,6}$/.test(text) ? Number(text) : -1));
  const total = delays.reduce((sum, delay) => sum + delay, 0);
  if (delays.length === 0 || delays.length > 2 || delays.includes(-1) || total > 30_000) {
    reader.problem('RETRY_DELAYS_MS', 'must be one or two pauses in milliseconds, 30000 together at most');
  }
  return delays;
}

function readPublicBaseUrl(reader: EnvironmentReader, fallback: string, production: boolean): string {
  const text = reader.text('PUBLIC_BASE_URL', fallback);
  const url = reader.url('PUBLIC_BASE_URL', text, ['http:', 'https:']);
  if (url !== null && (url.search !== '' || url.username !== '')) {
    reader.problem('PUBLIC_BASE_URL', 'must have no query and no credentials');
  }
  if (production && url?.protocol !== 'https:') reader.problem('PUBLIC_BASE_URL', 'must be https in production');
  return text.replace(/\/+$/, '');
}

type DatabaseUrls = Pick<Configuration, 'environment' | 'databaseUrl' | 'databaseOwnerUrl'>;

/**
 * In production the login that serves must not be the one that owns the tables, since row-level security would not bind
 * it; in development one URL may do for both.
 */
function readDatabase(reader: EnvironmentReader, environment: Configuration['environment']): DatabaseUrls {
  const production = environment === 'production';
  const databaseUrl = reader.required('DATABASE_URL', 'the database, postgres://user:password@host:5432/name');
  const ownerUrl = reader.raw('DATABASE_MIGRATION_URL');
  const database = reader.url('DATABASE_URL', databaseUrl, ['postgres:', 'postgresql:']);
  const owner = reader.url('DATABASE_MIGRATION_URL', ownerUrl ?? '', ['postgres:', 'postgresql:']);
  if (production) {
    refuseDefaultPassword(reader, 'DATABASE_URL', database);
    refuseDefaultPassword(reader, 'DATABASE_MIGRATION_URL', owner);
    if (database !== null && owner?.username === database.username) {
      reader.problem('DATABASE_MIGRATION_URL', 'must be of another login than DATABASE_URL in production');
    }
  }
  return { environment, databaseUrl, databaseOwnerUrl: ownerUrl ?? (production ? null : databaseUrl) };
}

/**
 * What it takes to migrate, and no more.
 * @throws ConfigurationError naming every bad variable at once.
 */
export function readMigrationConfiguration(environment: Environment): DatabaseUrls {
  const reader = new EnvironmentReader(environment);
  const urls = readDatabase(reader, readEnvironment(reader));
  if (urls.databaseOwnerUrl === null) reader.required('DATABASE_MIGRATION_URL', 'the URL of the owner of the tables');
  reader.finish();
  return urls;
}

function readServers(reader: EnvironmentReader, production: boolean) {
  const eventStoreUrl = reader.required('ESDB_URL', 'the event store, esdb://host:2113');
  const redisUrl = reader.required('REDIS_URL', 'Redis, redis://host:6379');
  // A cluster's connection string lists several hosts, which is no URL to the parser: only its scheme is looked at here.
  if (eventStoreUrl !== '' && !/^(esdb|esdb\+discover|kurrentdb|kurrentdb\+discover):\/\/\S+$/.test(eventStoreUrl)) {
    reader.problem('ESDB_URL', 'must start with esdb:// or esdb+discover://');
  }
  const redis = reader.url('REDIS_URL', redisUrl, ['redis:', 'rediss:']);
  if (production) {
    refuseDefaultPassword(reader, 'REDIS_URL', redis?.password === '' ? null : redis);
    if (/^\S+:\/\/admin:changeit@/.test(eventStoreUrl)) {
      reader.problem('ESDB_URL', 'carries an empty or default password, which production refuses');
    }
  }
  return { eventStoreUrl, redisUrl };
}

const masterKeyName = (version: number): string => (version === 1 ? 'WAHT_MASTER_KEY' : `WAHT_MASTER_KEY ${version}`);

/**
 * The one place that reads the environment.
 * @throws ConfigurationError naming every bad variable at once.
 */
export function readConfiguration(environment: Environment): Configuration {
  const reader = new EnvironmentReader(environment);
  const mode = readEnvironment(reader);
  const production = mode === 'production';
  const host = reader.text('HOST', '127.0.0.1');
  const port = reader.integer('PORT', 8080, { min: 0, max: 65_535 });
  const masterKeys = readMasterKeys(reader, production);
  const lookupKey = readSecret(reader, 'WAHT_LOOKUP_KEY', production, 'makes the keyed hashes for look-ups');
  const callbackKey = readSecret(reader, 'WAHT_CALLBACK_SECRET', production, "stands in the providers' callback URLs");
  const audit = readAudit(reader, production);
  refuseSharedSecrets(
    reader,
    new Map([
      ...[...masterKeys.byVersion].map(([version, key]) => [masterKeyName(version), key] as const),
      ['WAHT_LOOKUP_KEY', lookupKey],
      ['WAHT_CALLBACK_SECRET', callbackKey],
      ...(audit.signingKey === null ? [] : [['WAHT_AUDIT_SIGNING_KEY', audit.signingKey] as const]),
    ]),
  );
  const configuration: Configuration = {
    ...readDatabase(reader, mode),
    roles: readRoles(reader),
    host,
    port,
    publicBaseUrl: readPublicBaseUrl(reader, `http://${host}:${port}`, production),
    ...readServers(reader, production),
    masterKeys,
    lookupKey,
    callbackSecret: callbackKey.toString('base64url'),
    ...readAccounts(reader, production),
    defaultValiditySeconds: reader.integer('DEFAULT_VALIDITY_SECONDS', DAY_SECONDS, { min: 1, max: 259_200 }),
    reportGraceSeconds: reader.integer('REPORT_GRACE_SECONDS', 600, { min: 1, max: DAY_SECONDS }),
    providerDeadlineMs: reader.integer('PROVIDER_DEADLINE_MS', 10_000, { min: 100, max: 60_000 }),
    reservationExamineAfterMs: reader.integer('RESERVATION_EXAMINE_AFTER_MS', 60_000, { min: 1_000, max: HOUR_MS }),
    retryDelaysMs: readRetryDelays(reader),
    waitRetryMs: reader.integer('WAIT_RETRY_MS', 60_000, { min: 100, max: HOUR_MS }),
    dispatchConcurrency: reader.integer('DISPATCH_CONCURRENCY', 128, { min: 1, max: 1_024 }),
    routing: {
      degradeUnder: reader.integer('ROUTING_DEGRADE_UNDER', DEFAULT_THRESHOLDS.degradeUnder, { min: 1, max: 99 }),
      margin: reader.integer('ROUTING_MARGIN', DEFAULT_THRESHOLDS.margin, { min: 0, max: 99 }),
      cooldownSeconds: reader.integer('ROUTING_COOLDOWN_SECONDS', DEFAULT_THRESHOLDS.cooldownSeconds, {
        min: 5,
        max: 900,
      }),
    },
    promotion: readPromotion(reader),
    logLevel: reader.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    accessLogSample: reader.fraction('ACCESS_LOG_SAMPLE', 0.01),
    trustedProxies: reader.list('TRUSTED_PROXIES', []),
    audit,
  };
  reader.finish();
  return Object.freeze(configuration);
}
