import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, type Environment } from '../../../src/infrastructure/config/environment';
import { readConfiguration, readMigrationConfiguration } from '../../../src/infrastructure/config/read-configuration';

const secret = (): string => randomBytes(32).toString('base64url');

const development = (): Record<string, string> => ({
  ESDB_URL: 'esdb://127.0.0.1:2113?tls=false',
  DATABASE_URL: 'postgres://waht:waht@127.0.0.1:5432/waht',
  REDIS_URL: 'redis://127.0.0.1:6379',
  WAHT_MASTER_KEY: secret(),
  WAHT_LOOKUP_KEY: secret(),
  WAHT_CALLBACK_SECRET: secret(),
  TIER_1: 'simulated',
  TIER_1_URL: 'http://127.0.0.1:9000',
  TIER_2: 'simulated',
  TIER_2_URL: 'http://127.0.0.1:9000',
});

const production = (): Record<string, string> => ({
  ...development(),
  WAHT_ENV: 'production',
  WAHT_AUDIT_SIGNING_KEY: secret(),
  PUBLIC_BASE_URL: 'https://api.example.test',
  DATABASE_URL: `postgres://waht:${secret()}@db:5432/waht`,
  TIER_1: 'africastalking',
  TIER_1_URL: '',
  TIER_1_USERNAME: 'acme',
  TIER_1_API_KEY: 'at-key',
  TIER_2: '',
  TEST_TIER_1_NAME: 'test_1',
  TEST_TIER_1_URL: 'http://sandbox:9000',
});

function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfiguration(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfiguration', () => {
  it('reads a development environment with its defaults', () => {
    const configuration = readConfiguration(development());
    expect(configuration).toMatchObject({
      environment: 'development',
      host: '127.0.0.1',
      port: 8080,
      publicBaseUrl: 'http://127.0.0.1:8080',
      defaultValiditySeconds: 86_400,
      reportGraceSeconds: 600,
      providerDeadlineMs: 10_000,
      retryDelaysMs: [1_000, 4_000],
      waitRetryMs: 60_000,
      dispatchConcurrency: 128,
      promotion: { hours: { fromMinute: 480, toMinute: 1_080 }, optOutText: 'STOP*456*9*5#' },
      accessLogSample: 0.01,
      audit: { signingKey: null, trustedKeys: [], folder: '.waht/audit', headEveryMs: 60_000 },
    });
    expect([...configuration.roles]).toEqual(['api', 'dispatcher', 'projector']);
    expect(configuration.tiers.map(({ tier, adapter, simulated }) => ({ tier, adapter, simulated }))).toEqual([
      { tier: 'tier_1', adapter: 'africastalking', simulated: true },
      { tier: 'tier_2', adapter: 'africastalking', simulated: true },
    ]);
    expect(configuration.testTiers).toEqual(configuration.tiers);
    expect(configuration.masterKeys.current).toBe(1);
    expect(configuration.masterKeys.byVersion.get(1)).toHaveLength(32);
  });

  it.each([
    ['00:00-24:00', 0, 1_440],
    ['23:59-24:00', 1_439, 1_440],
    ['09:30-17:45', 570, 1_065],
  ])('reads the hours of promotion %s', (text, fromMinute, toMinute) => {
    const { promotion } = readConfiguration({ ...development(), PROMOTIONAL_HOURS: text });
    expect(promotion.hours).toEqual({ fromMinute, toMinute });
  });

  it.each(['8-18', '18:00-08:00', '08:00-08:00', '08:00-24:01', '08:60-18:00', '25:00-26:00'])(
    'refuses the hours of promotion %s',
    (text) => {
      const problems = problemsOf({ ...development(), PROMOTIONAL_HOURS: text });
      expect(problems).toEqual([expect.stringMatching(/^PROMOTIONAL_HOURS must be two times/)]);
    },
  );

  it.each(['Zum Abmelden: STOP → 456', 'x'.repeat(41)])('refuses the opt-out text %s', (text) => {
    const problems = problemsOf({ ...development(), PROMOTIONAL_OPT_OUT_TEXT: text });
    expect(problems).toEqual([expect.stringMatching(/^PROMOTIONAL_OPT_OUT_TEXT must have at most 40/)]);
  });

  it('reads a production environment with real accounts and simulated ones for test keys', () => {
    const configuration = readConfiguration(production());
    expect(configuration.environment).toBe('production');
    expect(configuration.tiers).toEqual([
      {
        tier: 'tier_1',
        name: 'africastalking-tier-1',
        adapter: 'africastalking',
        simulated: false,
        url: 'https://api.africastalking.com',
        username: 'acme',
        apiKey: 'at-key',
      },
    ]);
    expect(configuration.testTiers.map((account) => account.name)).toEqual(['test_1']);
  });

  describe('each provider in any tier', () => {
    /** Production with no tier at all. */
    const bare = () => ({
      ...production(),
      TIER_1: '',
      TIER_2: '',
      TIER_2_URL: '',
      TIER_1_USERNAME: '',
      TIER_1_API_KEY: '',
    });
    const sid = `AC${'0'.repeat(32)}`;
    const real: Record<string, Record<string, string>> = {
      africastalking: { USERNAME: 'acme', API_KEY: 'k' },
      'africastalking-bulk': { USERNAME: 'acme', API_KEY: 'k' },
      infobip: { URL: 'https://abc.api.infobip.com', API_KEY: 'k' },
      twilio: { ACCOUNT_SID: sid, AUTH_TOKEN: 't' },
      smpp: { URL: 'ssmpp://smsc.example.test:3550', SYSTEM_ID: 'acme', PASSWORD: 'secret12' },
    };
    const tier = (number: number, adapter: string): Record<string, string> => ({
      [`TIER_${number}`]: adapter,
      ...Object.fromEntries(Object.entries(real[adapter] ?? {}).map(([k, v]) => [`TIER_${number}_${k}`, v])),
    });
    const adapters = Object.keys(real);

    it.each(adapters)('%s', (adapter) => {
      for (const number of [1, 2, 3]) {
        const environment = bare();
        const [account, ...more] = readConfiguration({ ...environment, ...tier(number, adapter) }).tiers;
        expect(account).toMatchObject({ adapter, tier: `tier_${number}`, simulated: false });
        expect(account?.name).toBe(`${adapter}-tier-${number}`);
        expect(more).toEqual([]);
      }
    });
    it('three different ones at once', () => {
      const environment = { ...bare(), ...tier(1, 'smpp'), ...tier(2, 'twilio'), ...tier(3, 'infobip') };
      expect(readConfiguration(environment).tiers).toEqual([
        {
          tier: 'tier_1',
          name: 'smpp-tier-1',
          simulated: false,
          url: 'ssmpp://smsc.example.test:3550',
          adapter: 'smpp',
          systemId: 'acme',
          password: 'secret12',
          systemType: '',
          window: 10,
          messagesPerSecond: 30,
          enquireLinkMs: 30_000,
          receiptIds: 'same',
        },
        {
          tier: 'tier_2',
          name: 'twilio-tier-2',
          simulated: false,
          url: 'https://api.twilio.com',
          adapter: 'twilio',
          accountSid: sid,
          authToken: 't',
        },
        {
          tier: 'tier_3',
          name: 'infobip-tier-3',
          simulated: false,
          url: 'https://abc.api.infobip.com',
          adapter: 'infobip',
          apiKey: 'k',
        },
      ]);
    });
    it.each(adapters)('simulated: %s', (adapter) => {
      const url = adapter === 'smpp' ? 'smpp://127.0.0.1:9000' : 'http://127.0.0.1:9000';
      const environment = { ...development(), TIER_1_ADAPTER: adapter, TIER_1_URL: url, TIER_1_API_KEY: 'k' };
      expect(readConfiguration(environment).tiers[0]).toMatchObject({ adapter, simulated: true, url });
    });
    it('names all that one lacks', () => {
      for (const adapter of adapters) {
        const environment = { ...bare(), TIER_3: adapter };
        const named = problemsOf(environment).map((problem) => problem.split(' ')[0]);
        expect(named.sort()).toEqual(
          Object.keys(real[adapter] ?? {})
            .map((variable) => `TIER_3_${variable}`)
            .sort(),
        );
      }
    });
    it('names every bad variable of an SMPP account at once, without its password', () => {
      const environment = {
        ...bare(),
        ...tier(2, 'smpp'),
        TIER_2_URL: 'https://smsc.example.test',
        TIER_2_WINDOW: '0',
        TIER_2_SYSTEM_ID: 'x'.repeat(16),
        TIER_2_PASSWORD: 'longer-than-8',
        TIER_2_SYSTEM_TYPE: 'x'.repeat(13),
        TIER_2_MESSAGES_PER_SECOND: 'many',
        TIER_2_ENQUIRE_LINK_MS: '1',
        TIER_2_RECEIPT_IDS: 'octal',
        TIER_2_ADAPTER: 'smpp',
      };
      const problems = problemsOf(environment);
      expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(
        ['URL', 'WINDOW', 'SYSTEM_ID', 'PASSWORD', 'SYSTEM_TYPE', 'MESSAGES_PER_SECOND', 'ENQUIRE_LINK_MS']
          .concat('RECEIPT_IDS', 'ADAPTER')
          .map((variable) => `TIER_2_${variable}`)
          .sort(),
      );
      expect(problems.join()).not.toContain('longer-than-8');
    });
    it('refuses what is no account SID', () => {
      const environment = { ...bare(), ...tier(2, 'twilio'), TIER_2_ACCOUNT_SID: 'SM123' };
      expect(problemsOf(environment)).toEqual([expect.stringMatching(/^TIER_2_ACCOUNT_SID must be AC/)]);
    });
    it('refuses an adapter that nobody has written', () => {
      const environment = { ...bare(), ...tier(1, 'infobip'), TIER_2: 'pigeon' };
      expect(problemsOf(environment)).toEqual([expect.stringMatching(/^TIER_2 must be one of africastalking, /)]);
    });
  });

  it('names every bad variable at once', () => {
    const problems = problemsOf({
      PORT: '80800',
      WAHT_ROLES: 'api,cook',
      ACCESS_LOG_SAMPLE: '2',
      RETRY_DELAYS_MS: '1000,later',
      LOG_LEVEL: 'loud',
      WAHT_MASTER_KEY: 'short',
      REDIS_URL: 'http://127.0.0.1',
    });
    const named = new Set(problems.map((problem) => problem.split(' ')[0]));
    expect([...named].sort()).toEqual(
      [
        'ACCESS_LOG_SAMPLE',
        'DATABASE_URL',
        'ESDB_URL',
        'LOG_LEVEL',
        'PORT',
        'REDIS_URL',
        'RETRY_DELAYS_MS',
        'TIER_1',
        'WAHT_CALLBACK_SECRET',
        'WAHT_LOOKUP_KEY',
        'WAHT_MASTER_KEY',
        'WAHT_ROLES',
      ].sort(),
    );
  });

  it.each([
    ['WAHT_MASTER_KEY', { WAHT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64url') }],
    ['WAHT_LOOKUP_KEY', { WAHT_LOOKUP_KEY: Buffer.from('please-change-me-before-going-li').toString('base64url') }],
    ['WAHT_AUDIT_SIGNING_KEY', { WAHT_AUDIT_SIGNING_KEY: '' }],
    ['WAHT_AUDIT_SIGNING_KEY', { WAHT_AUDIT_SIGNING_KEY: 'short' }],
    ['WAHT_AUDIT_TRUSTED_KEYS', { WAHT_AUDIT_TRUSTED_KEYS: `${secret()},nonsense` }],
    ['WAHT_AUDIT_HEAD_SECONDS', { WAHT_AUDIT_HEAD_SECONDS: '0' }],
    ['PUBLIC_BASE_URL', { PUBLIC_BASE_URL: 'http://api.example.test' }],
    ['PUBLIC_BASE_URL', { PUBLIC_BASE_URL: '' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://waht:postgres@db/waht' }],
    ['DATABASE_MIGRATION_URL', { DATABASE_MIGRATION_URL: 'postgres://owner:changeme@db/waht' }],
    ['DATABASE_MIGRATION_URL', { DATABASE_MIGRATION_URL: 'mysql://owner:x@db/waht' }],
    ['DATABASE_MIGRATION_URL', { DATABASE_MIGRATION_URL: `postgres://waht:${secret()}@db/waht` }],
    ['ESDB_URL', { ESDB_URL: 'esdb://admin:changeit@store:2113' }],
    ['TIER_2', { TIER_2: 'simulated', TIER_2_URL: 'http://sandbox:9000' }],
    ['TIER_1_API_KEY', { TIER_1_API_KEY: '' }],
    ['TIER_1_URL', { TIER_1_URL: 'http://api.africastalking.com' }],
    ['TEST_TIER_1', { TEST_TIER_1_URL: '' }],
    ['TEST_TIER_1_NAME', { TEST_TIER_1_NAME: 'africastalking-tier-1' }],
  ])('refuses in production, naming %s', (variable, change) => {
    expect(problemsOf({ ...production(), ...change }).map((problem) => problem.split(' ')[0])).toEqual([variable]);
  });

  it('migrates with the one URL in development, and in production only with that of an owner', () => {
    const { DATABASE_URL } = development();
    const owner = `postgres://owner:${secret()}@db:5432/waht`;
    expect(readConfiguration(development()).databaseOwnerUrl).toBe(DATABASE_URL);
    expect(readConfiguration(production()).databaseOwnerUrl).toBeNull();
    const both = { ...production(), DATABASE_MIGRATION_URL: owner };
    expect(readConfiguration(both).databaseOwnerUrl).toBe(owner);
    const { WAHT_ENV, DATABASE_URL: login } = production();
    expect(readMigrationConfiguration({ WAHT_ENV, DATABASE_URL: login, DATABASE_MIGRATION_URL: owner })).toEqual({
      environment: 'production',
      databaseUrl: login,
      databaseOwnerUrl: owner,
    });
    expect(() => readMigrationConfiguration({ WAHT_ENV, DATABASE_URL: login })).toThrow(
      'DATABASE_MIGRATION_URL is missing',
    );
  });

  it('never mixes real and simulated tiers for live keys, in development either', () => {
    const environment = {
      ...development(),
      TIER_1: 'africastalking',
      TIER_1_URL: '',
      TIER_1_USERNAME: 'a',
      TIER_1_API_KEY: 'k',
    };
    expect(problemsOf(environment)).toEqual([expect.stringMatching(/^TIER_2 is simulated while another tier is real/)]);
  });

  it('refuses one secret for two purposes and prints none', () => {
    const shared = secret();
    const problems = problemsOf({ ...development(), WAHT_MASTER_KEY: shared, WAHT_LOOKUP_KEY: shared });
    expect(problems).toEqual(['WAHT_LOOKUP_KEY must not be the same secret as WAHT_MASTER_KEY']);
    expect(new ConfigurationError(problems).message).not.toContain(shared);
  });
});

describe('master keys', () => {
  const [one, two] = [secret(), secret()];
  const folder = mkdtempSync(join(tmpdir(), 'waht-keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (text: string): string => {
    const path = join(folder, 'keys');
    writeFileSync(path, text);
    return path;
  };
  const read = (change: Record<string, string>) => {
    const { current, byVersion } = readConfiguration({ ...development(), ...change }).masterKeys;
    return { current, keys: [...byVersion].map(([version, key]) => `${version}:${key.toString('base64url')}`).sort() };
  };

  it('are one without a version, or several with theirs, the highest in use', () => {
    expect(read({ WAHT_MASTER_KEY: one })).toEqual({ current: 1, keys: [`1:${one}`] });
    expect(read({ WAHT_MASTER_KEY: `7:${one}` })).toEqual({ current: 7, keys: [`7:${one}`] });
    expect(read({ WAHT_MASTER_KEY: `2:${two}, 1:${one}` })).toEqual({ current: 2, keys: [`1:${one}`, `2:${two}`] });
  });
  it('can be made known before any is used', () => {
    expect(read({ WAHT_MASTER_KEY: `1:${one},2:${two}`, WAHT_MASTER_KEY_VERSION: '1' }).current).toBe(1);
  });
  it('come from a file too, one a line', () => {
    const WAHT_MASTER_KEY_FILE = file(`# the keys\n\n1:${one}\n 2:${two}\r\n`);
    expect(read({ WAHT_MASTER_KEY: '', WAHT_MASTER_KEY_FILE })).toEqual({
      current: 2,
      keys: [`1:${one}`, `2:${two}`],
    });
    expect(read({ WAHT_MASTER_KEY: '', WAHT_MASTER_KEY_FILE: file(`${one}\n`) }).keys).toEqual([`1:${one}`]);
  });
  it.each([
    [{ WAHT_MASTER_KEY: `${one},${two}` }, 'WAHT_MASTER_KEY must give each of several keys a version'],
    [{ WAHT_MASTER_KEY: `1:${one},1:${two}` }, 'WAHT_MASTER_KEY holds version 1 twice'],
    [{ WAHT_MASTER_KEY: `0:${one}` }, 'WAHT_MASTER_KEY must count versions from 1'],
    [{ WAHT_MASTER_KEY: `1:${one},2:short` }, 'WAHT_MASTER_KEY version 2 must be 32 bytes'],
    [{ WAHT_MASTER_KEY: `1:${one},2:${one}` }, 'WAHT_MASTER_KEY 2 must not be the same secret as WAHT_MASTER_KEY'],
    [{ WAHT_MASTER_KEY: one, WAHT_MASTER_KEY_VERSION: '2' }, 'WAHT_MASTER_KEY_VERSION is 2, and WAHT_MASTER_KEY holds'],
    [{ WAHT_MASTER_KEY: one, WAHT_MASTER_KEY_FILE: '/nowhere' }, 'WAHT_MASTER_KEY_FILE must not be set beside'],
    [
      { WAHT_MASTER_KEY: '', WAHT_MASTER_KEY_FILE: '/nowhere' },
      'WAHT_MASTER_KEY_FILE names a file that cannot be read',
    ],
  ])('are refused where they are wrong: %j', (change, problem) => {
    const problems = problemsOf({ ...development(), ...change });
    expect(problems).toContainEqual(expect.stringContaining(problem));
    expect(problems.join('\n')).not.toContain(one);
  });
  it('are refused in production where one looks made up', () => {
    const made = Buffer.alloc(32, 7).toString('base64url');
    expect(problemsOf({ ...production(), WAHT_MASTER_KEY: `1:${one},2:${made}` })).toEqual([
      expect.stringContaining('WAHT_MASTER_KEY version 2 is too weak for production'),
    ]);
  });
});
