import { setTimeout as delay } from 'node:timers/promises';
import { Child, type Exit } from './child';
import type { DataFolder } from './data-folder';
import { LauncherFailure, clearLine } from './failure';
import { lastWords, rotateLog } from './log-files';
import { PAUSES_MS, RESTARTS_IN_WINDOW, RestartBudget } from './restart-budget';
import { EXIT_CONFIGURATION, type Service } from './service';

/** What the supervisor tells. Each line is one sentence for the person at the terminal. */
export interface SupervisorListener {
  said(line: string): void;
  /** A child that had served will not live any more: the line says which and why. Told once. */
  gaveUp(line: string): void;
  /** A process was started or has ended, for whoever keeps account of them. */
  started?(pid: number): void;
  ended?(pid: number): void;
}

interface Kept {
  readonly service: Service;
  readonly budget: RestartBudget;
  readonly ended: Promise<void>;
  child?: Child;
  /** Whether it has served at least once. */
  served: boolean;
}

const LOOK_EVERY_MS = 25;
/** So many first starts that end alike are enough. */
const ALIKE = 3;

/** Keeps services alive: starts each, waits until it serves, starts it again when it dies, stops all in order. */
export class Supervisor {
  private readonly kept: Kept[] = [];
  private readonly cancel = new AbortController();
  private gaveUp = false;

  constructor(
    private readonly folder: DataFolder,
    private readonly listener: SupervisorListener,
    private readonly pausesMs: readonly number[] = PAUSES_MS,
  ) {}

  /**
   * Starts a service and returns once it serves.
   * @throws LauncherFailure where it will not live.
   */
  async start(service: Service): Promise<void> {
    rotateLog(this.folder.log(service.name));
    let served!: () => void;
    let failed!: (reason: Error) => void;
    const firstServed = new Promise<void>((resolve, reject) => {
      served = resolve;
      failed = reject;
    });
    let ended!: () => void;
    const kept: Kept = {
      service,
      budget: new RestartBudget(this.pausesMs),
      ended: new Promise((resolve) => (ended = resolve)),
      served: false,
    };
    this.kept.push(kept);
    void this.keepAlive(kept, served)
      .catch((error: unknown) => {
        if (!kept.served) failed(error instanceof Error ? error : new Error(String(error)));
        else if (!this.cancel.signal.aborted) this.giveUp(clearLine(error));
      })
      .finally(ended);
    await firstServed;
  }

  /** The pid of a service's child, or undefined while it has none. */
  pidOf(name: string): number | undefined {
    const child = this.kept.find(({ service }) => service.name === name)?.child;
    return child?.running ? child.pid : undefined;
  }

  /** Stops everything, the last started first, each within its own grace. Nothing is started again after this. */
  async stop(order?: readonly string[]): Promise<void> {
    this.cancel.abort();
    for (const kept of this.inStoppingOrder(order)) {
      await kept.child?.stop(kept.service.stopSignal, kept.service.stopGraceMs);
      await kept.ended;
    }
  }

  /** Ends everything at once. */
  kill(): void {
    this.cancel.abort();
    for (const { child } of this.kept) child?.kill();
  }

  private inStoppingOrder(order: readonly string[] | undefined): Kept[] {
    const reversed = [...this.kept].reverse();
    if (!order) return reversed;
    return reversed.sort((a, b) => order.indexOf(a.service.name) - order.indexOf(b.service.name));
  }

  private async keepAlive(kept: Kept, serving: () => void): Promise<void> {
    const { service, budget } = kept;
    let before = '';
    let alike = 0;
    for (;;) {
      const command = await service.command(this.cancel.signal);
      if (this.cancel.signal.aborted) throw new LauncherFailure('Stopped.');
      const child = Child.start(service.name, command, this.folder);
      kept.child = child;
      if (child.pid !== undefined) this.listener.started?.(child.pid);
      const late = await this.untilServing(service, child);
      if (late === undefined && child.running) {
        kept.served = true;
        serving();
      }
      const exit = await child.exited;
      if (child.pid !== undefined) this.listener.ended?.(child.pid);
      if (this.cancel.signal.aborted) throw new LauncherFailure('Stopped.');
      const why = late ?? this.describe(exit, child);
      // What has never served and always ends in the same way will not begin to serve: nobody is kept waiting for it.
      alike = !kept.served && why === before ? alike + 1 : 1;
      before = why;
      const hopeless = exit.code === EXIT_CONFIGURATION || exit.error !== undefined || (!kept.served && alike >= ALIKE);
      const pause = hopeless ? undefined : budget.take(performance.now());
      if (pause === undefined) throw new LauncherFailure(this.lastLine(service, hopeless, why));
      this.listener.said(`${capital(service.title)} ended (${why}) and is started again.`);
      await delay(pause, undefined, { signal: this.cancel.signal });
    }
  }

  /** Waits until the child serves or has ended; kills it when that takes too long and says what was missing. */
  private async untilServing(service: Service, child: Child): Promise<string | undefined> {
    const deadline = performance.now() + service.readyWithinMs;
    while (child.running && !this.cancel.signal.aborted) {
      const missing = await service.missing(child.output());
      if (missing === undefined) return undefined;
      if (performance.now() > deadline) {
        child.kill();
        return `it was not ready after ${Math.round(service.readyWithinMs / 1000)} s: ${missing}`;
      }
      await Promise.race([delay(LOOK_EVERY_MS), child.exited]);
    }
    return undefined;
  }

  private describe(exit: Exit, child: Child): string {
    if (exit.error) return clearLine(exit.error);
    const how = exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`;
    // Whoever is killed from outside has no last words of its own: what it said before is about something else.
    const words = exit.signal === 'SIGKILL' ? '' : lastWords(child.output());
    return words === '' ? how : `${how}: ${words}`;
  }

  private lastLine(service: Service, hopeless: boolean, why: string): string {
    const log = `See ${this.folder.log(service.name)}`;
    if (hopeless) return `${capital(service.title)} will not start: ${why}. ${log}`;
    return `${capital(service.title)} died ${RESTARTS_IN_WINDOW + 1} times within a minute; last: ${why}. ${log}`;
  }

  private giveUp(line: string): void {
    if (this.gaveUp) return;
    this.gaveUp = true;
    this.listener.gaveUp(line);
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
