import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The program of the embedded event store: compiled for this test run, or by `npm run build`. */
export function embeddedMain(): string {
  const dist = process.env['WAHT_TEST_DIST'] ?? resolve(__dirname, '../../../dist');
  const main = join(dist, 'infrastructure/embedded/event-store/main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: build the program first (npm run build).`);
  return main;
}

export const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'waht-event-store-'));

export const removeDirectory = (directory: string): void => rmSync(directory, { recursive: true, force: true });

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface StartOptions {
  /** A port to listen on; 0, the default, for any. */
  readonly port?: number;
  /** A command line to run the server under, such as `strace …`. */
  readonly under?: readonly string[];
}

/** An embedded event store in a process of its own. */
export class EmbeddedServer {
  private constructor(
    readonly directory: string,
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly ended: Promise<Ending>,
    private readonly serverPid: number,
  ) {}

  /** Starts a server on the data in `directory`. Rejects with its last words if it ends instead of being ready. */
  static async start(directory: string, options: StartOptions = {}): Promise<EmbeddedServer> {
    const { child, ended } = launch(directory, options);
    const port = await Promise.race([readyPort(child), ended.then(refuse)]);
    const pid = child.pid as number;
    return new EmbeddedServer(directory, port, child, ended, options.under ? childOf(pid) : pid);
  }

  /** Starts a server that is expected not to come up, and gives how it ended. */
  static async startAndFail(directory: string, options: StartOptions = {}): Promise<Ending> {
    const { child, ended } = launch(directory, options);
    const ready = readyPort(child).then((port) => {
      child.kill('SIGKILL');
      throw new Error(`The server came up on port ${port}, and should not have.`);
    });
    return Promise.race([ended, ready]);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }
  get url(): string {
    return `esdb://${this.address}?tls=false`;
  }
  get pid(): number {
    return this.serverPid;
  }

  /** Stops it as a launcher does, and gives how it ended. */
  stop(): Promise<Ending> {
    return this.end('SIGTERM');
  }

  /** Ends it without any warning. */
  kill(): Promise<Ending> {
    return this.end('SIGKILL');
  }

  /** Resolves when it has ended by itself. */
  ending(): Promise<Ending> {
    return this.ended;
  }

  private end(signal: NodeJS.Signals): Promise<Ending> {
    if (this.child.exitCode === null && this.child.signalCode === null) process.kill(this.serverPid, signal);
    return this.ended;
  }
}

function launch(
  directory: string,
  { port = 0, under = [] }: StartOptions,
): { child: ChildProcess; ended: Promise<Ending> } {
  const server = [process.execPath, embeddedMain(), '--data', directory, '--host', '127.0.0.1', '--port', String(port)];
  const [command, ...parameters] = [...under, ...server] as [string, ...string[]];
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stderr }));
  });
  return { child, ended };
}

function readyPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      const { port }: { port: number } = JSON.parse(line);
      resolve(port);
    });
  });
}

const refuse = ({ code, signal, stderr }: Ending): never => {
  throw new Error(`The event store ended with ${signal ?? code}: ${stderr}`);
};

/** The one child of a process, or the process itself: a tracer keeps signals to itself, so they go to what it traces. */
function childOf(pid: number): number {
  const children = `/proc/${pid}/task/${pid}/children`;
  return (existsSync(children) && Number(readFileSync(children, 'utf8'))) || pid;
}
