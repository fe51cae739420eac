import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/** Sees to it that what a test process started ends with it, in whatever way it ends. */
export class Reaper {
  private readonly process: ChildProcess = spawn(process.execPath, [join(__dirname, 'services-reaper-process.cjs')], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });

  constructor() {
    // Neither the process nor the pipe to it may keep a finished test run alive.
    this.process.unref();
    const pipe = this.process.stdin;
    if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }

  started(pid: number): void {
    this.tell(`process ${pid}`);
  }

  ended(pid: number): void {
    this.tell(`gone ${pid}`);
  }

  /** A folder to remove at the end. */
  folder(path: string): void {
    this.tell(`folder ${path}`);
  }

  /** Ends everything it was told of, now. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null) return resolve();
      this.process.ref();
      this.process.once('exit', () => resolve());
      this.process.stdin?.end();
    });
  }

  private tell(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }
}
