import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/infrastructure/embedded/launcher/ports';
import { testDist } from './services';

/** An event store of a test's own, to be killed, stopped in its tracks and started again on the same data and port. */
export class StoreProcess {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly data: string,
    readonly port: number,
  ) {}

  static async start(): Promise<StoreProcess> {
    const store = new StoreProcess(mkdtempSync(join(tmpdir(), 'waht-store-')), await freePort());
    await store.run();
    return store;
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Resolves when it answers. */
  async run(): Promise<void> {
    const entry = join(testDist(), 'infrastructure', 'embedded', 'event-store', 'main.js');
    const child = spawn(process.execPath, [entry, '--data', this.data, '--port', String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`the event store ended with ${code}`)));
    });
    child.removeAllListeners('exit');
  }

  /** As a power cut would: nothing is finished, nothing said. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stopped as an operator would, and started again. */
  async restart(): Promise<void> {
    await this.end('SIGTERM');
    await this.run();
  }

  /** It is there, its sockets are open, and it does nothing. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    this.thaw();
    await this.end('SIGKILL');
    rmSync(this.data, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await ended;
  }
}
