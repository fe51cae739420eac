import type { SandboxConfig } from './config';
import { ControlServer } from './control/control-server';
import { CallbackQueue } from './engine/callback-queue';
import { ChangeFeed } from './engine/change-feed';
import { Handsets } from './engine/handsets';
import { createProvider } from './providers/adapters';
import type { SimulatedProvider } from './providers/simulated-provider';
import { SandboxStore } from './store/sandbox-store';

export interface RunningSandbox {
  /** Port of the page and the control API; null when they are not served. */
  port: number | null;
  providers: { name: string; port: number }[];
  /** Stops listening, lets running answers end and closes the store. What is still owed is kept for the next start. */
  stop(): Promise<void>;
}

/**
 * Starts the sandbox inside this process; resolves when everything listens.
 * @throws Error of the system when a port is taken or the data folder cannot be used; nothing is left running then.
 */
export async function startSandbox(config: SandboxConfig): Promise<RunningSandbox> {
  const store = SandboxStore.open(config.dataFolder, config.inboxCap);
  const feed = new ChangeFeed();
  const providers = new Map<string, SimulatedProvider>();
  const queues = new Map<string, CallbackQueue>();
  const handsets = new Handsets(store, queues, feed);
  for (const provider of config.providers) {
    const simulated = createProvider(provider, handsets, config.host, () => feed.changed('providers'));
    providers.set(provider.name, simulated);
    queues.set(provider.name, createQueue(simulated, store, feed));
  }
  const control = config.routes ? new ControlServer(store.inbox, handsets, providers, feed) : null;
  const stop = async (): Promise<void> => {
    await Promise.all([control?.stop(), ...[...providers.values()].map((provider) => provider.stop())]);
    await Promise.all([...queues.values()].map((queue) => queue.stop()));
    await store.committed();
    await store.close();
  };
  try {
    await Promise.all([...providers.values()].map((provider) => provider.start()));
    const port = control === null ? null : await control.listen(config.port, config.host);
    await store.owed.keepOnly([...providers.keys()]);
    for (const queue of queues.values()) queue.start();
    return { port, providers: [...providers].map(([name, provider]) => ({ name, port: provider.port })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function createQueue(provider: SimulatedProvider, store: SandboxStore, feed: ChangeFeed): CallbackQueue {
  const { name } = provider.config;
  return new CallbackQueue(
    name,
    provider.courier,
    store.owed,
    (target) => {
      if (target === 'reports') provider.counters.reports += 1;
      feed.changed('providers');
    },
    ({ target, tries }) => {
      process.stderr.write(
        `sandbox: ${name}: gave up one of its ${target} after ${tries + 1} attempts in 10 minutes\n`,
      );
    },
  );
}
