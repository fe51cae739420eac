import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TierConfiguration } from '../../../src/application/ports/configuration';
import type { SmsGateway } from '../../../src/application/ports/sms-gateway';
import { startSandbox } from '../../../src/infrastructure/embedded/sandbox/sandbox';
import type { ProviderBench } from './suite';

export interface SandboxBench extends ProviderBench {
  /** Any switches of the control API. */
  set(settings: object): Promise<void>;
  readonly account: TierConfiguration;
}

/** An adapter's gateway against the sandbox's listener of the same name. */
export async function sandboxBench(
  makeGateway: (account: TierConfiguration) => SmsGateway & { close(): Promise<void> },
  apiKey = 'the-key',
): Promise<SandboxBench> {
  const folder = mkdtempSync(join(tmpdir(), 'waht-gateway-'));
  const listener = {
    ...{ name: 'at', tier: 'tier_1', adapter: 'africastalking', port: 0, username: 'waht', api_key: 'the-key' },
  };
  const sandbox = await startSandbox({
    ...{ host: '127.0.0.1', port: 0, dataFolder: folder, providers: [listener], routes: true },
  });
  const url = `http://127.0.0.1:${sandbox.providers[0]?.port ?? 0}`;
  const account: TierConfiguration = {
    ...{ tier: 'tier_1', name: 'at', adapter: 'africastalking', simulated: true, url, username: 'waht', apiKey },
  };
  const gateway = makeGateway(account);
  const control = `http://127.0.0.1:${sandbox.port ?? 0}/sandbox`;
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${control}${path}`, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const acceptedSoFar = async (): Promise<number> => {
    const { data } = (await call('GET', '/providers')) as { data: { accepted: number }[] };
    return data[0]?.accepted ?? 0;
  };
  let before = 0;
  const set = async (settings: object): Promise<void> => {
    await call('PATCH', '/providers/at', settings);
  };
  return {
    gateway,
    account,
    set,
    taken: async () => (await acceptedSoFar()) - before,
    acceptsAll: async () => {
      await call('PUT', '/providers/at', {});
      before = await acceptedSoFar();
    },
    refusesConnections: () => set({ outage: 'refuse' }),
    resetsConnections: () => set({ outage: 'reset' }),
    isOutOfOrder: (seconds) => set({ outage: '503', retry_after_s: seconds }),
    asksForPatience: (seconds) => set({ retry_after_s: seconds }),
    hangs: (hang) => set({ hang }),
    answers: (answer) => set({ answer }),
    isSlow: (latencyMs) => set({ latency_ms: Math.round(latencyMs) }),
    stop: async () => {
      await gateway.close();
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
