import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testDist } from '../support/services';
import type { Account } from './accounts';
import type { Journal } from '../support/journal';
import type { Random } from '../support/random';

const KILLED_SHARE = 0.2;
const GIVE_UP_AFTER_MS = 30_000;

/** Operations at work: money into the poor wallet by the command line, some of which is killed meanwhile. */
export class Credits {
  private running = true;
  private readonly loop: Promise<void>;
  private next = 1;

  constructor(
    private readonly account: Account,
    private readonly env: Readonly<Record<string, string>>,
    private readonly journal: Journal,
    private readonly random: Random,
    private readonly pauseMs: number,
  ) {
    this.loop = this.work();
    // Told by `stop`, and not before.
    this.loop.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
  }

  private async work(): Promise<void> {
    while (this.running) {
      await this.credit();
      for (
        let left = this.random.between(this.pauseMs / 2, this.pauseMs * 1.5);
        left > 0 && this.running;
        left -= 100
      ) {
        await delay(100);
      }
    }
  }

  private async credit(): Promise<void> {
    const { customer, mode } = this.account;
    const note = `credit ${this.next++} of the run`;
    const kes = this.random.between(2, 12);
    const n = this.journal.ask({ what: 'credit', customer, mode, note, kes });
    const args = ['wallet', 'credit', customer, String(kes), '--note', note, '--json'];
    const child = spawn(process.execPath, [join(testDist(), 'cli', 'main.js'), ...args], {
      env: { ...process.env, LOG_LEVEL: 'silent', ...this.env },
      stdio: 'ignore',
    });
    const killAfterMs = this.random.chance(KILLED_SHARE) ? this.random.between(500, 3_000) : GIVE_UP_AFTER_MS;
    const killer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    clearTimeout(killer);
    // Zero is the command line's 2xx.
    if (code === 0) this.journal.answer(n, { status: 0 });
    else this.journal.broken(n, `exit ${code}`);
  }
}
