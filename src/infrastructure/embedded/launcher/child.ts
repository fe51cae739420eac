import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataFolder } from './data-folder';
import { readLogFrom } from './log-files';
import { removePidFile, sendSignal, writePidFile } from './pid-file';
import { identify } from './process-identity';
import type { ChildCommand } from './service';

/** How a child ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started at all. */
  readonly error?: Error;
}

/** One run of a child, in a process group of its own, so that a Ctrl-C at the terminal reaches the launcher alone. */
export class Child {
  readonly exited: Promise<Exit>;
  private exit: Exit | undefined;

  private constructor(
    private readonly process: ChildProcess,
    private readonly pidFile: string,
    private readonly logFile: string,
    private readonly logStart: number,
  ) {
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        if (this.exit) return;
        this.exit = exit;
        removePidFile(this.pidFile);
        resolve(exit);
      };
      this.process.once('error', (error) => end({ code: null, signal: null, error }));
      this.process.once('exit', (code, signal) => end({ code, signal }));
    });
  }

  /**
   * Starts it. What it prints goes straight to its log file, not through a pipe: a child that outlives the launcher
   * must not die of writing to nobody.
   */
  static start(name: string, command: ChildCommand, folder: DataFolder): Child {
    const logFile = folder.log(name);
    const log = openSync(logFile, 'a', 0o600);
    try {
      const logStart = statSync(logFile).size;
      const process = spawn(command.file, [...command.args], {
        cwd: command.cwd,
        env: command.env,
        uid: command.uid,
        gid: command.gid,
        detached: true,
        stdio: ['ignore', log, log],
      });
      const child = new Child(process, folder.pidFile(name), logFile, logStart);
      const identity = process.pid === undefined ? undefined : identify(process.pid);
      if (identity) writePidFile(folder.pidFile(name), { ...identity, folder: folder.root });
      return child;
    } finally {
      closeSync(log);
    }
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  /** What this run has printed so far (its first 256 KiB). */
  output(): string {
    return readLogFrom(this.logFile, this.logStart);
  }

  /** Sends a signal to the child itself; nothing happens once it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.running && this.process.pid !== undefined) sendSignal(this.process.pid, signal);
  }

  /** Ends the child and everything in its group, at once. */
  kill(): void {
    if (this.running && this.process.pid !== undefined) sendSignal(-this.process.pid, 'SIGKILL');
  }

  /** Asks it to end and waits until it has; after `graceMs` it is killed. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<Exit> {
    this.signal(signal);
    const late = new AbortController();
    const grace = delay(graceMs, undefined, { signal: late.signal }).then(
      () => this.kill(),
      () => undefined,
    );
    const exit = await this.exited;
    late.abort();
    await grace;
    return exit;
  }
}
