import {
  type Surroundings,
  applicationVariables,
  sandboxVariables,
} from '../../../src/infrastructure/embedded/launcher/environment';
import { localBaseUrl, readOptions } from '../../../src/infrastructure/embedded/launcher/options';

const secrets = {
  installation_id: 'id',
  master_key: 'master',
  lookup_key: 'lookup',
  callback_secret: 'callback',
  postgres_password: 'pg',
  postgres_app_password: 'pg-app',
  redis_password: 'redis',
  sandbox_api_key: 'sandbox-key',
  audit_signing_key: 'signing',
};

function surroundings(env: NodeJS.ProcessEnv = {}): Surroundings {
  const options = readOptions(env, '/home/me/waht');
  return {
    options,
    secrets,
    base: localBaseUrl(options),
    eventStoreUrl: 'esdb://127.0.0.1:1?tls=false',
    databaseUrl: 'postgresql://waht_app:pg-app@127.0.0.1:2/waht',
    databaseOwnerUrl: 'postgresql://waht:pg@127.0.0.1:2/waht',
    redisUrl: 'redis://:redis@127.0.0.1:3/0',
    sandboxPort: 4,
    tierPorts: [5, 6, 7],
  };
}

describe('what the launcher is asked for', () => {
  it('is the default in an empty environment, and empty variables count as unset', () => {
    const expected = {
      dataFolder: '/home/me/waht/.waht',
      host: '127.0.0.1',
      port: 8080,
      production: false,
      eventStoreUrl: undefined,
      databaseUrl: undefined,
      databaseOwnerUrl: undefined,
      redisUrl: undefined,
      ownTiers: false,
      projectorApart: false,
    };
    expect(readOptions({}, '/home/me/waht')).toEqual(expected);
    expect(readOptions({ PORT: '', ESDB_URL: ' ', WAHT_DATA: '', TIER_1: '' }, '/home/me/waht')).toEqual(expected);
  });

  it('takes each service apart from the others', () => {
    expect(readOptions({ REDIS_URL: 'redis://r' }, '/')).toMatchObject({
      redisUrl: 'redis://r',
      databaseUrl: undefined,
    });
  });

  it.each(['0', '65536', '80a', '-1', '8080.5'])('refuses PORT=%s in one line', (port) => {
    expect(() => readOptions({ PORT: port }, '/')).toThrow('PORT must be a number from 1 to 65535');
  });

  it('divides the roles between two processes only as a whole', () => {
    expect(readOptions({ WAHT_PROCESSES: '2' }, '/').projectorApart).toBe(true);
    expect(readOptions({ WAHT_PROCESSES: '1', WAHT_ROLES: 'api' }, '/').projectorApart).toBe(false);
    expect(() => readOptions({ WAHT_PROCESSES: '3' }, '/')).toThrow('WAHT_PROCESSES must be 1 or 2, not "3".');
    expect(() => readOptions({ WAHT_PROCESSES: '2', WAHT_ROLES: 'api' }, '/')).toThrow('leave WAHT_ROLES out');
  });

  it('is reached on loopback where it listens everywhere', () => {
    expect(localBaseUrl({ host: '0.0.0.0', port: 80 })).toBe('http://127.0.0.1:80');
    expect(localBaseUrl({ host: '::1', port: 80 })).toBe('http://[::1]:80');
  });
});

describe("the application's variables", () => {
  it('name the embedded services, the drawn keys and three simulated tiers', () => {
    expect(applicationVariables(surroundings({ PORT: '9000' }), {})).toEqual({
      NODE_ENV: 'production',
      WAHT_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: '9000',
      PUBLIC_BASE_URL: 'http://127.0.0.1:9000',
      ESDB_URL: 'esdb://127.0.0.1:1?tls=false',
      DATABASE_URL: 'postgresql://waht_app:pg-app@127.0.0.1:2/waht',
      DATABASE_MIGRATION_URL: 'postgresql://waht:pg@127.0.0.1:2/waht',
      REDIS_URL: 'redis://:redis@127.0.0.1:3/0',
      WAHT_MASTER_KEY: 'master',
      WAHT_LOOKUP_KEY: 'lookup',
      WAHT_CALLBACK_SECRET: 'callback',
      WAHT_AUDIT_SIGNING_KEY: 'signing',
      WAHT_AUDIT_FOLDER: '/home/me/waht/.waht/audit',
      HANDSET_URL: 'http://127.0.0.1:4',
      TIER_1: 'simulated',
      TIER_1_ADAPTER: 'africastalking',
      TIER_1_NAME: 'sandbox-tier-1',
      TIER_1_URL: 'http://127.0.0.1:5',
      TIER_1_USERNAME: 'sandbox',
      TIER_1_API_KEY: 'sandbox-key',
      TIER_2: 'simulated',
      TIER_2_ADAPTER: 'africastalking',
      TIER_2_NAME: 'sandbox-tier-2',
      TIER_2_URL: 'http://127.0.0.1:6',
      TIER_2_USERNAME: 'sandbox',
      TIER_2_API_KEY: 'sandbox-key',
      TIER_3: 'simulated',
      TIER_3_ADAPTER: 'africastalking',
      TIER_3_NAME: 'sandbox-tier-3',
      TIER_3_URL: 'http://127.0.0.1:7',
      TIER_3_USERNAME: 'sandbox',
      TIER_3_API_KEY: 'sandbox-key',
    });
  });

  it('leave the tiers alone where one was configured by hand, and give test keys the simulators', () => {
    const env = { TIER_1: 'africastalking', TEST_TIER_2_URL: 'http://own' };
    const variables = applicationVariables(surroundings(env), env);
    expect(Object.keys(variables).filter((name) => /^TIER_/.test(name))).toEqual([]);
    expect(variables).toMatchObject({ TEST_TIER_1_URL: 'http://127.0.0.1:5', TEST_TIER_1_API_KEY: 'sandbox-key' });
    expect(variables).not.toHaveProperty('TEST_TIER_2_URL');
  });

  it('keep the keys and addresses that were given', () => {
    const env = { WAHT_MASTER_KEY: 'mine', PUBLIC_BASE_URL: 'https://sms.example', NODE_ENV: 'test' };
    expect(applicationVariables(surroundings(env), env)).toMatchObject({
      WAHT_MASTER_KEY: 'mine',
      WAHT_LOOKUP_KEY: 'lookup',
      PUBLIC_BASE_URL: 'https://sms.example',
      NODE_ENV: 'test',
    });
  });

  it('take a file of master keys in place of the one that was drawn', () => {
    const env = { WAHT_MASTER_KEY_FILE: '/run/secrets/keys', WAHT_MASTER_KEY_VERSION: '2' };
    const variables = applicationVariables(surroundings(env), env);
    expect(variables).toMatchObject(env);
    expect(variables).not.toHaveProperty('WAHT_MASTER_KEY');
  });

  it('name no handset page in production', () => {
    expect(applicationVariables(surroundings({ WAHT_ENV: 'production' }), {})).not.toHaveProperty('HANDSET_URL');
  });
});

describe("the sandbox's variables", () => {
  it('give each provider its port, its account and where its reports go', () => {
    const variables = sandboxVariables(surroundings({ PORT: '9000' }), '/data', { WAHT_CALLBACK_SECRET: 'own' });
    expect(variables).toMatchObject({ SANDBOX_PORT: '4', SANDBOX_DATA: '/data', SANDBOX_ROUTES: 'on' });
    const providers: unknown = JSON.parse(variables['SANDBOX_PROVIDERS'] ?? '');
    expect(providers).toHaveLength(3);
    expect(providers).toContainEqual({
      name: 'sandbox-tier-2',
      tier: 'tier_2',
      adapter: 'africastalking',
      port: 6,
      username: 'sandbox',
      api_key: 'sandbox-key',
      callback_url: 'http://127.0.0.1:9000/callbacks/sms/sandbox-tier-2/own/reports',
      inbound_url: 'http://127.0.0.1:9000/callbacks/sms/sandbox-tier-2/own/inbound',
      opt_out_url: 'http://127.0.0.1:9000/callbacks/sms/sandbox-tier-2/own/opt-outs',
    });
  });

  it('have each provider speak what was asked for, and the application with it', () => {
    const env = { TIER_1_ADAPTER: 'smpp', TIER_3_ADAPTER: 'twilio' };
    const around = surroundings(env);
    expect(applicationVariables(around, env)).toMatchObject({
      TIER_1_ADAPTER: 'smpp',
      TIER_1_URL: 'smpp://127.0.0.1:5',
      TIER_1_API_KEY: 'sandbox-',
      TIER_2_ADAPTER: 'africastalking',
      TIER_3_ADAPTER: 'twilio',
      TIER_3_URL: 'http://127.0.0.1:7',
    });
    const providers = JSON.parse(sandboxVariables(around, '/data', env)['SANDBOX_PROVIDERS'] ?? '') as object[];
    expect(providers).toMatchObject([
      { adapter: 'smpp', api_key: 'sandbox-' },
      { adapter: 'africastalking', api_key: 'sandbox-key' },
      { adapter: 'twilio', api_key: 'sandbox-key' },
    ]);
    expect(providers[0]).not.toHaveProperty('callback_url');
  });

  it('switch page and control off in production', () => {
    const variables = sandboxVariables(surroundings({ WAHT_ENV: 'production' }), '/data', {});
    expect(variables['SANDBOX_ROUTES']).toBe('off');
  });
});
