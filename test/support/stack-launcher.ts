import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readJsonObject } from '../../src/infrastructure/embedded/launcher/json-file';
import { readPidFile } from '../../src/infrastructure/embedded/launcher/pid-file';
import { freePort } from '../../src/infrastructure/embedded/launcher/ports';
import { isAlive } from '../../src/infrastructure/embedded/launcher/process-identity';
import { removeHome } from '../../src/infrastructure/embedded/postgres/home';
import { testDist } from './services';
import { Reaper } from './services-reaper';

export const CHILDREN = ['application', 'sandbox', 'event-store', 'redis', 'postgres'] as const;
/** With WAHT_PROCESSES=2, in the order in which they are stopped. */
export const CHILDREN_OF_TWO = ['application', 'projector', 'sandbox', 'event-store', 'redis', 'postgres'] as const;

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 25;

/** A data folder of mode 0700 in the temporary folder, and the launchers that are run on it. */
export class LauncherHome {
  readonly data: string;
  private readonly reaper = new Reaper();

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {
    this.data = join(folder, '.waht');
    this.reaper.folder(folder);
  }

  static async make(): Promise<LauncherHome> {
    return new LauncherHome(mkdtempSync(join(realpathSync(tmpdir()), 'waht-home-')), await freePort());
  }

  /** Starts a launcher as `npm start` does, in a group of its own like a terminal's. */
  run(env: Record<string, string> = {}): RunningLauncher {
    const entry = join(testDist(), 'infrastructure', 'embedded', 'launcher', 'main.js');
    const inherited = Object.entries(process.env).filter(([name]) => !/^(TEST_|LOG_LEVEL|WAHT_)/.test(name));
    const child = spawn(process.execPath, [entry], {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), PORT: String(this.port), ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) this.reaper.started(child.pid);
    return new RunningLauncher(child, this.data);
  }

  /** A JSON file of the data folder. */
  json(name: string): Record<string, unknown> {
    const value = readJsonObject(join(this.data, name));
    if (!value) throw new Error(`${name} is not there`);
    return value;
  }

  /** The pid of a child, as its pid file tells, where it runs. */
  pidOf(name: (typeof CHILDREN_OF_TWO)[number]): number | undefined {
    const record = readPidFile(join(this.data, 'run', `${name}.json`), this.data);
    return record && isAlive(record) ? record.pid : undefined;
  }

  /** The children that run. */
  running(): string[] {
    return CHILDREN_OF_TWO.filter((name) => this.pidOf(name) !== undefined);
  }

  log(name: string): string {
    return readFileSync(join(this.data, 'logs', `${name}.log`), 'utf8');
  }

  /** Ends whatever still runs and removes everything. */
  async remove(): Promise<void> {
    for (const name of CHILDREN_OF_TWO) {
      const pid = this.pidOf(name);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    }
    const installation = readJsonObject(join(this.data, 'secrets.json'))?.['installation_id'];
    await this.reaper.finish();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    if (typeof installation === 'string') removeHome(installation);
  }
}

/** One launcher process. */
export class RunningLauncher {
  output = '';
  private readonly exited: Promise<number | null>;

  constructor(
    private readonly child: ChildProcess,
    private readonly data: string,
  ) {
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString('utf8');
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    this.exited = new Promise((resolve) => child.once('close', resolve));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the launcher could not be started');
    return this.child.pid;
  }

  /** Waits for the banner. @returns how long it took, in milliseconds. */
  async ready(): Promise<number> {
    const start = performance.now();
    await this.until(() => this.output.includes('Waht Messaging is running'), 'the banner', READY_WITHIN_MS);
    return performance.now() - start;
  }

  async until(condition: () => boolean, what: string, withinMs = READY_WITHIN_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!condition()) {
      const gone = this.child.exitCode !== null || this.child.signalCode !== null;
      if (gone || performance.now() > deadline) {
        throw new Error(`${what} never came from the launcher on ${this.data}; it said: ${this.output}`);
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** The exit code, once it has ended by itself. */
  async ends(): Promise<number | null> {
    const late = delay(STOP_WITHIN_MS, undefined, { ref: false }).then(() => {
      throw new Error(`the launcher did not end; it said: ${this.output}`);
    });
    return Promise.race([this.exited, late]);
  }

  /** A Ctrl-C at the terminal: the signal goes to the whole group. */
  async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    process.kill(-this.pid, signal);
    return this.ends();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
