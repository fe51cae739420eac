import { setTimeout as delay } from 'node:timers/promises';
import { APPLICATIONS, type Fleet, type VictimName, VICTIMS } from './fleet';
import type { Journal } from '../support/journal';
import type { Random } from '../support/random';

export interface Stroke {
  readonly kind: 'kill' | 'stall' | 'restart';
  readonly victim: VictimName;
}

const STALLED: readonly VictimName[] = ['postgres', 'redis', 'event-store', 'application-1', 'application-3'];
const RESTARTED: readonly VictimName[] = ['postgres', 'redis', 'event-store', 'application-1'];
/** Long enough for a claim to be given up by others while its owner stands still. */
const LONGEST_STALL_MS = 9_000;
const DOUBLE_SHARE = 0.3;

/**
 * Every process is killed about equally often, and the servers are held and restarted besides; the order is chance.
 * @param others how many are held or restarted.
 */
export function deck(kills: number, others: number, random: Random): Stroke[] {
  const gentle: Stroke[] = [
    ...STALLED.map((victim) => ({ kind: 'stall', victim }) as const),
    ...RESTARTED.map((victim) => ({ kind: 'restart', victim }) as const),
  ];
  const first = random.shuffled(gentle);
  return random.shuffled([
    ...Array.from({ length: kills }, (_, n): Stroke => ({ kind: 'kill', victim: VICTIMS[n % VICTIMS.length]! })),
    ...Array.from({ length: others }, (_, n) => first[n % first.length]!),
  ]);
}

/** Carries the strokes out, one or two at a time, some while what was struck before is not yet back. */
export class Schedule {
  readonly done: Record<Stroke['kind'], Record<string, number>> = { kill: {}, stall: {}, restart: {} };

  constructor(
    private readonly fleet: Fleet,
    private readonly journal: Journal,
    private readonly random: Random,
    private readonly options: { readonly longestStallMs?: number; readonly longestPauseMs: number },
    private readonly say: (line: string) => void,
  ) {}

  /** @param until performance.now() after which no stroke begins. */
  async run(strokes: readonly Stroke[], until: number): Promise<void> {
    const open = new Map<VictimName, Promise<void>>();
    for (let at = 0; at < strokes.length && performance.now() < until;) {
      const together = strokes.slice(at, at + (this.random.chance(DOUBLE_SHARE) ? 2 : 1));
      at += together.length;
      await delay(this.random.between(200, this.options.longestPauseMs));
      for (const stroke of together) {
        await open.get(stroke.victim);
        open.set(stroke.victim, this.strike(stroke));
      }
      // Half of the time the next stroke falls while these are not over.
      if (this.random.chance(0.5)) await Promise.all(open.values());
    }
    await Promise.all(open.values());
  }

  private async strike({ kind, victim: name }: Stroke): Promise<void> {
    const victim = this.fleet.victims.get(name);
    if (victim === undefined) throw new Error(`there is no ${name}`);
    const awayMs = this.random.between(0, 1_500);
    const longest = this.options.longestStallMs ?? LONGEST_STALL_MS;
    const stallMs = this.random.between(1_000, APPLICATIONS.some((one) => one === name) ? longest : longest / 2);
    await victim.ready();
    const from = Date.now();
    this.done[kind][name] = (this.done[kind][name] ?? 0) + 1;
    this.say(`${kind} ${name}`);
    if (kind === 'stall') {
      victim.hold();
      await delay(stallMs);
      victim.letGo();
    } else {
      await (kind === 'kill' ? victim.kill() : victim.stop());
      await delay(awayMs);
      await victim.raise();
    }
    this.journal.fault({ kind, victim: name, from, to: Date.now() });
  }
}
