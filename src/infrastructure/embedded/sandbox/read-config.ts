import { isIP } from 'node:net';
import type { ProviderConfig, SandboxConfig } from './config';
import { isRecord } from './json';
import { ADAPTERS } from './providers/adapters';

/** Thrown with every bad variable at once, so that a start is corrected in one go. */
export class SandboxConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SandboxConfigError';
  }
}

const PROVIDER_FIELDS = [
  ...['name', 'tier', 'adapter', 'port', 'username', 'api_key'],
  ...['callback_url', 'inbound_url', 'inbound_signed_url', 'opt_out_url'],
];

/**
 * Reads the environment of the sandbox's process.
 * @throws SandboxConfigError naming every variable that is missing or wrong.
 */
export function readSandboxConfig(env: Readonly<Record<string, string | undefined>>): SandboxConfig {
  const problems: string[] = [];
  const host = env['SANDBOX_HOST'] ?? '127.0.0.1';
  if (host !== 'localhost' && isIP(host) === 0) problems.push('SANDBOX_HOST: must be an IP address or localhost');
  const portText = env['SANDBOX_PORT'];
  const port = Number(portText);
  if (portText === undefined) problems.push('SANDBOX_PORT: is required (0 picks a free port)');
  else if (!/^\d{1,5}$/.test(portText) || !isPort(port)) problems.push('SANDBOX_PORT: must be a port from 0 to 65535');
  const dataFolder = env['SANDBOX_DATA'] ?? '';
  if (dataFolder === '') problems.push('SANDBOX_DATA: is required, the folder that keeps the inbox and the reports');
  const routes = env['SANDBOX_ROUTES'] ?? 'on';
  if (routes !== 'on' && routes !== 'off') problems.push('SANDBOX_ROUTES: must be on or off');
  const providers = readProviders(env['SANDBOX_PROVIDERS'], problems);
  if (problems.length > 0) throw new SandboxConfigError(problems);
  return { host, port, dataFolder, providers, routes: routes === 'on' };
}

function readProviders(text: string | undefined, problems: string[]): ProviderConfig[] {
  if (text === undefined || text === '') {
    problems.push('SANDBOX_PROVIDERS: is required, a JSON array of providers');
    return [];
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    problems.push('SANDBOX_PROVIDERS: is not JSON');
    return [];
  }
  if (!Array.isArray(parsed) || parsed.length === 0) {
    problems.push('SANDBOX_PROVIDERS: must be a JSON array with at least one provider');
    return [];
  }
  const providers = parsed.map((entry: unknown, index) => readProvider(entry, `SANDBOX_PROVIDERS[${index}]`, problems));
  providers.forEach((provider, index) => {
    const names = providers.findIndex((other) => other.name === provider.name);
    if (provider.name !== '' && names !== index)
      problems.push(`SANDBOX_PROVIDERS[${index}].name: is already taken by SANDBOX_PROVIDERS[${names}]`);
    const ports = providers.findIndex((other) => other.port === provider.port);
    if (provider.port > 0 && ports !== index)
      problems.push(`SANDBOX_PROVIDERS[${index}].port: is already taken by SANDBOX_PROVIDERS[${ports}]`);
  });
  return providers;
}

function readProvider(entry: unknown, at: string, problems: string[]): ProviderConfig {
  const fields: Record<string, unknown> = isRecord(entry) ? entry : {};
  if (!isRecord(entry)) problems.push(`${at}: must be an object`);
  for (const field of Object.keys(fields)) {
    if (!PROVIDER_FIELDS.includes(field)) problems.push(`${at}.${field}: is not a field of a provider`);
  }
  const text = (field: string, rule: RegExp, says: string): string => {
    const value = fields[field];
    if (typeof value === 'string' && rule.test(value)) return value;
    problems.push(`${at}.${field}: ${says}`);
    return '';
  };
  const url = (field: string): string | undefined => {
    const value = fields[field];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)) return value;
    problems.push(`${at}.${field}: must be an http or https URL`);
    return undefined;
  };
  const port = fields['port'];
  if (typeof port !== 'number' || !isPort(port)) problems.push(`${at}.port: must be a port from 0 to 65535`);
  const adapter = text('adapter', /./, `must be one of ${ADAPTERS.join(', ')}`);
  if (adapter !== '' && !ADAPTERS.includes(adapter))
    problems.push(`${at}.adapter: must be one of ${ADAPTERS.join(', ')}`);
  return {
    name: text('name', /^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, - and _, at most 63'),
    tier: text('tier', /^tier_[1-9]$/, 'must be tier_1 to tier_9'),
    adapter,
    port: typeof port === 'number' ? port : 0,
    username: text('username', /./, 'is required'),
    api_key: text('api_key', /./, 'is required'),
    callback_url: url('callback_url'),
    inbound_url: url('inbound_url'),
    inbound_signed_url: url('inbound_signed_url'),
    opt_out_url: url('opt_out_url'),
  };
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}
