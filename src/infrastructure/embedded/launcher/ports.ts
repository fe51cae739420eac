import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { hasCode, LauncherFailure } from './failure';
import { readJsonObject, writeJsonFile } from './json-file';

/**
 * Ports are taken from below the range that systems give to outgoing connections (from 32768 on Linux, 49152 on macOS):
 * from within it, a client that reconnects while its server is being restarted can be given the server's own port.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
const TRIES = 200;

/** Whether something can listen there; `false` where the port is taken. Other errors are thrown. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, exclusive: true }, resolve);
    });
    return true;
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) return false;
    throw error;
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

/** A loopback port that nothing listens on and that is not among `taken`. */
export async function freePort(taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new LauncherFailure(`No free port was found between ${FIRST_PORT} and ${LAST_PORT} on 127.0.0.1.`);
}

/** The ports of the embedded services, kept in a file so that addresses stay the same from start to start. */
export class RememberedPorts {
  private readonly ports = new Map<string, number>();

  constructor(private readonly path: string) {
    for (const [name, port] of Object.entries(readJsonObject(path) ?? {})) {
      if (typeof port === 'number' && Number.isInteger(port)) this.ports.set(name, port);
    }
  }

  /** The port of a service: the one it had before, unless something else listens there by now. */
  async portFor(name: string): Promise<number> {
    const before = this.ports.get(name);
    if (before !== undefined && (await isFree(before))) return before;
    const port = await freePort(new Set(this.ports.values()));
    this.ports.set(name, port);
    writeJsonFile(this.path, Object.fromEntries(this.ports));
    return port;
  }
}
