import { readSandboxConfig, SandboxConfigError } from '../../../src/infrastructure/embedded/sandbox/read-config';

const PROVIDER = {
  name: 'sandbox-tier-1',
  tier: 'tier_1',
  adapter: 'africastalking',
  port: 41001,
  username: 'sandbox',
  api_key: 'key',
  callback_url: 'http://127.0.0.1:8080/callbacks/sms/sandbox-tier-1/SECRET/reports',
};
const env = (providers: unknown, more = {}) => ({
  SANDBOX_PORT: '0',
  SANDBOX_DATA: '/tmp/somewhere',
  SANDBOX_PROVIDERS: JSON.stringify(providers),
  ...more,
});

function problemsOf(variables: Record<string, string>): readonly string[] {
  try {
    readSandboxConfig(variables);
  } catch (error) {
    if (error instanceof SandboxConfigError) return error.problems;
    throw error;
  }
  return [];
}
const named = (variables: Record<string, string>) => problemsOf(variables).map((problem) => problem.split(':')[0]);

describe("the sandbox's configuration", () => {
  it('reads what it is given, with loopback and routes by default', () => {
    expect(readSandboxConfig(env([PROVIDER]))).toEqual({
      host: '127.0.0.1',
      port: 0,
      dataFolder: '/tmp/somewhere',
      routes: true,
      providers: [{ ...PROVIDER, inbound_url: undefined }],
    });
    expect(readSandboxConfig(env([PROVIDER], { SANDBOX_ROUTES: 'off' })).routes).toBe(false);
  });

  it('names every missing variable at once', () => {
    expect(named({})).toEqual(['SANDBOX_PORT', 'SANDBOX_DATA', 'SANDBOX_PROVIDERS']);
  });

  it('names every bad variable and field at once', () => {
    const bad = { name: 'A b', tier: 'gold', adapter: 'pigeon', port: 70000, callback_url: 'ftp://x', extra: 1 };
    expect(
      named(env([bad], { SANDBOX_HOST: 'example.com', SANDBOX_PORT: '-1', SANDBOX_ROUTES: 'maybe' })).sort(),
    ).toEqual(
      [
        'SANDBOX_HOST',
        'SANDBOX_PORT',
        'SANDBOX_ROUTES',
        ...['name', 'tier', 'adapter', 'port', 'username', 'api_key', 'callback_url', 'extra'].map(
          (field) => `SANDBOX_PROVIDERS[0].${field}`,
        ),
      ].sort(),
    );
  });

  it('refuses two providers of one name or on one port', () => {
    expect(named(env([PROVIDER, PROVIDER]))).toEqual(['SANDBOX_PROVIDERS[1].name', 'SANDBOX_PROVIDERS[1].port']);
  });

  it.each(['not json', '{}', '[]'])('refuses %s as the list of providers', (text) => {
    expect(named({ ...env([]), SANDBOX_PROVIDERS: text })).toEqual(['SANDBOX_PROVIDERS']);
  });
});
