import { setTimeout as delay } from 'node:timers/promises';
import { type LogEvent, readStream } from '../support/checker/log';
import { SandboxClient } from '../support/gateway-client';

const LOOK_EVERY_MS = 200;
export const TIERS = ['tier_1', 'tier_2', 'tier_3'] as const;
export type TierName = (typeof TIERS)[number];
export const sandboxName = (tier: TierName): string => tier.replace('tier_', 'sandbox-tier-');

type Requests = Readonly<Record<TierName, number>>;

/** What the simulated providers count, over time, and what the log says of them. */
export class ProviderWatch {
  private readonly sandbox: SandboxClient;
  private readonly looks: { readonly at: number; readonly requests: Requests }[] = [];
  private readonly timer: NodeJS.Timeout;
  private looking = false;

  constructor(
    private readonly eventStoreUrl: string,
    sandboxUrl: string,
  ) {
    this.sandbox = new SandboxClient(sandboxUrl);
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The sandbox's own counts of requests, so far. */
  async requests(): Promise<Requests> {
    const counts = { tier_1: 0, tier_2: 0, tier_3: 0 };
    for (const { tier, requests } of await this.sandbox.providers()) counts[tier as TierName] = requests;
    return counts;
  }

  /** Between two moments (milliseconds since 1970), as near as it was looked. */
  between(fromMs: number, toMs: number): Requests {
    const before = this.looks.find(({ at }) => at >= fromMs) ?? this.looks.at(-1);
    const after = this.looks.findLast(({ at }) => at <= toMs) ?? before;
    const least = (tier: TierName): number => Math.max(0, (after?.requests[tier] ?? 0) - (before?.requests[tier] ?? 0));
    return { tier_1: least('tier_1'), tier_2: least('tier_2'), tier_3: least('tier_3') };
  }

  /** The provider's stream so far. */
  events(tier: TierName): Promise<LogEvent[]> {
    return readStream(this.eventStoreUrl, `provider-${sandboxName(tier)}`);
  }

  /** Waits for an event of the provider's stream. Null where it did not come in time. */
  async until(tier: TierName, isIt: (event: LogEvent) => boolean, withinMs: number): Promise<LogEvent | null> {
    for (const deadline = performance.now() + withinMs; ; await delay(LOOK_EVERY_MS)) {
      const found = (await this.events(tier)).find(isIt);
      if (found !== undefined || performance.now() > deadline) return found ?? null;
    }
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const requests = await this.requests();
      this.looks.push({ at: Date.now(), requests });
    } catch (error) {
      // The sandbox ends before the last look does; while it serves, an answer that is none is a mistake of this run.
      if (typeof error !== 'object' || error === null || !('cause' in error)) throw error;
    } finally {
      this.looking = false;
    }
  }
}
