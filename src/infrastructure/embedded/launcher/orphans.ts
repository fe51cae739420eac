import type { DataFolder } from './data-folder';
import { stopOrphan } from './pid-file';

/** In the order in which they are stopped: whoever needs a service goes before it. */
export const STOPPING_ORDER = ['application', 'projector', 'sandbox', 'event-store', 'redis', 'postgres'] as const;

const GRACE_MS = 30_000;

/**
 * Stops what a launcher that was killed has left running. Everything is stopped rather than adopted: the services lose
 * nothing by it, they come up in a second, and they then run with the settings of this start.
 */
export async function stopOrphans(folder: DataFolder, said: (line: string) => void): Promise<void> {
  // An initdb that goes on would write into the folder that is about to be made anew.
  await stopOrphan(folder.pidFile('initdb'), folder.root, 'SIGKILL', 0);
  const found: string[] = [];
  for (const name of STOPPING_ORDER) {
    const signal = name === 'postgres' ? 'SIGINT' : 'SIGTERM';
    if (await stopOrphan(folder.pidFile(name), folder.root, signal, GRACE_MS)) found.push(name);
  }
  if (found.length > 0) said(`The last start was killed and left ${found.join(', ')} running: stopped, starting anew.`);
}
