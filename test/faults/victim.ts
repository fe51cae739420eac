import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { lastWords } from '../../src/infrastructure/embedded/launcher/log-files';
import type { StackProcess } from '../support/stack-process';

const RAISE_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 250;

/** How a process ended that nobody had killed. */
export interface OwnDeath {
  readonly name: string;
  readonly words: string;
}

/** One process that the run kills, holds and starts again, and that is kept alive in between as a supervisor would. */
export class Victim {
  /** The slowest return from a kill to ready. Milliseconds. */
  slowestMs = 0;
  private wanted = true;
  private raising: Promise<void> | null = null;
  private held: readonly number[] = [];
  private readonly watch: NodeJS.Timeout;

  constructor(
    readonly name: string,
    private readonly process: StackProcess,
    private readonly onOwnDeath: (death: OwnDeath) => void,
  ) {
    this.watch = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  async kill(): Promise<void> {
    this.wanted = false;
    await this.process.kill();
  }

  /** A clean stop, as at a restart by hand. */
  async stop(): Promise<void> {
    this.wanted = false;
    await this.process.stop();
  }

  /** SIGSTOP to it and all its children: it is there, its sockets are open, and it does nothing. */
  hold(): void {
    const { pid } = this.process;
    if (pid === undefined) return;
    signal([pid], 'SIGSTOP');
    this.held = [pid, ...descendants(pid)];
    signal(this.held.slice(1), 'SIGSTOP');
  }

  letGo(): void {
    signal(this.held, 'SIGCONT');
    this.held = [];
  }

  /** Starts it and waits until it serves; again where what it needs is away too. */
  raise(): Promise<void> {
    this.raising ??= this.raiseOnce().finally(() => {
      this.raising = null;
    });
    return this.raising;
  }

  /** Resolves when it serves. */
  async ready(): Promise<void> {
    if (this.process.pid === undefined) return this.raise();
    await (this.raising ?? this.process.untilReady());
  }

  /** No more is started by itself. */
  forget(): void {
    clearInterval(this.watch);
    this.letGo();
  }

  private async raiseOnce(): Promise<void> {
    const started = performance.now();
    this.wanted = true;
    for (;;) {
      try {
        await this.process.start();
        break;
      } catch (error) {
        if (performance.now() - started > RAISE_WITHIN_MS) throw error;
        await this.process.kill();
        await delay(LOOK_EVERY_MS);
      }
    }
    this.slowestMs = Math.max(this.slowestMs, performance.now() - started);
  }

  private look(): void {
    if (!this.wanted || this.raising !== null || this.process.pid !== undefined) return;
    this.onOwnDeath({ name: this.name, words: lastWords(this.process.output()) });
    // Whoever waits for it asks for `ready`, and is told there if it will not come.
    this.raise().catch(() => undefined);
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      // A child may end between the look and the signal.
      if (!(typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** The servers that Postgres forks are not in its process group. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let open = [root]; open.length > 0; open = open.flatMap((pid) => children.get(pid) ?? [])) found.push(...open);
  return found.slice(1);
}
