import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../../src/infrastructure/embedded/launcher/child';
import type { DataFolder } from '../../src/infrastructure/embedded/launcher/data-folder';
import { lastWords } from '../../src/infrastructure/embedded/launcher/log-files';
import type { Service } from '../../src/infrastructure/embedded/launcher/service';
import type { Reaper } from './services-reaper';

const LOOK_EVERY_MS = 20;

/** One process of a stack, to be started, killed, held and started again at will. Nothing restarts it by itself. */
export class StackProcess {
  private child: Child | undefined;

  constructor(
    private readonly service: Service,
    private readonly folder: DataFolder,
    private readonly reaper: Reaper,
  ) {}

  get pid(): number | undefined {
    return this.child?.running ? this.child.pid : undefined;
  }

  /** What this run has printed. */
  output(): string {
    return this.child?.output() ?? '';
  }

  /** Starts it without waiting. */
  async launch(): Promise<void> {
    if (this.child?.running) throw new Error(`${this.service.name} runs already`);
    const child = Child.start(this.service.name, await this.service.command(new AbortController().signal), this.folder);
    this.child = child;
    const { pid } = child;
    if (pid === undefined) return;
    this.reaper.started(pid);
    void child.exited.then(() => this.reaper.ended(pid));
  }

  /** Starts it and waits until it serves. @throws Error with its last words where it ends before. */
  async start(): Promise<void> {
    await this.launch();
    await this.untilReady();
  }

  async untilReady(): Promise<void> {
    const deadline = Date.now() + this.service.readyWithinMs;
    while (this.child?.running) {
      const missing = await this.service.missing(this.child.output());
      if (missing === undefined) return;
      if (Date.now() > deadline) throw new Error(`${this.service.name} is not ready: ${missing}`);
      await delay(LOOK_EVERY_MS);
    }
    throw new Error(`${this.service.name} ended before it was ready: ${lastWords(this.output())}`);
  }

  /** `kill -9`, of it and of whatever it has started. */
  async kill(): Promise<void> {
    this.child?.kill();
    await this.child?.exited;
  }

  /** A clean stop, as the launcher does it. @returns the exit code, null where it was killed or never ran. */
  async stop(): Promise<number | null> {
    // A process that is held takes no notice of a signal until it is let go.
    this.resume();
    return (await this.child?.stop(this.service.stopSignal, this.service.stopGraceMs))?.code ?? null;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** SIGSTOP: it stands still until `resume`. */
  pause(): void {
    this.child?.signal('SIGSTOP');
  }

  resume(): void {
    this.child?.signal('SIGCONT');
  }
}
