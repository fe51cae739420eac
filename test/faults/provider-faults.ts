import { setTimeout as delay } from 'node:timers/promises';
import { SandboxClient } from '../support/gateway-client';
import type { Journal } from '../support/journal';
import type { Random } from '../support/random';

/** Switches of a simulated provider, most for a share of its requests. Ordinary numbers are refused by none for good. */
const FAULTS: readonly Readonly<Record<string, unknown>>[] = [
  { outage: '503', share: 0.7 },
  { outage: 'refuse' },
  { outage: 'reset', share: 0.4 },
  { hang: 'after_accept', share: 0.08 },
  { hang: 'before_accept', share: 0.08 },
  { latency_ms: 400 },
  { errors: [{ code: 407, share: 0.3 }] },
  { errors: [{ code: 500, share: 0.3 }] },
  { answer: 'html', share: 0.2 },
  { report: { before_answer: true } },
  { report: { copies: 3 } },
  { report: { reorder: true } },
  { report: { contradict: true } },
  { report: { delay_ms: 1_200 } },
];

/** Providers that fail now and then; tier_2 rarely, tier_3 never, so that somebody always takes a message. */
export class ProviderFaults {
  /** How many switches were thrown. */
  thrown = 0;
  private running = true;
  private readonly loop: Promise<void>;
  private readonly sandbox: SandboxClient;

  constructor(
    sandboxUrl: string,
    private readonly journal: Journal,
    private readonly random: Random,
  ) {
    this.sandbox = new SandboxClient(sandboxUrl);
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
      const provider = this.random.chance(0.8) ? 'sandbox-tier-1' : 'sandbox-tier-2';
      const fault = this.random.pick(FAULTS);
      const from = Date.now();
      if (await this.change(provider, fault)) this.thrown += 1;
      await delay(this.random.between(400, 2_500));
      while (!(await this.change(provider, null))) await delay(200);
      this.journal.fault({ kind: 'provider', victim: provider, from, to: Date.now(), detail: JSON.stringify(fault) });
      await delay(this.random.between(300, 2_500));
    }
  }

  /** False where the sandbox is away, and with it every switch. */
  private async change(provider: string, fault: Readonly<Record<string, unknown>> | null): Promise<boolean> {
    try {
      if (fault === null) await this.sandbox.reset(provider);
      else await this.sandbox.set(provider, fault);
      return true;
    } catch (error) {
      // Not to be reached: it is being killed just now. What it answers otherwise is a mistake of this run. (Told by its
      // cause, since under jest the error of fetch is of another realm than this one's TypeError.)
      if (typeof error === 'object' && error !== null && 'cause' in error) return false;
      throw error;
    }
  }
}
