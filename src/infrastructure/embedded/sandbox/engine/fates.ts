import type { ReportSettings } from '../faults/settings';
import { DEFAULT_REPORT } from '../faults/settings';

/** Why a provider refuses a message, in no provider's words; each contract translates it into its own code. */
export type Refusal = 'no_route' | 'opted_out' | 'temporary';

/** Why a message did not reach the handset: one of these, or a contract's own word from the control API. */
export type Cause = { known: 'unknown_subscriber' | 'absent' | 'failed' } | { own: string };

/** One delivery report, in no provider's words. */
export type ReportMeaning =
  { kind: 'delivered' } | { kind: 'undelivered'; cause: Cause } | { kind: 'in_transit'; step: 'sent' | 'submitted' };

/** What the number itself decides (`messages.md` §8). */
export interface NumberFate {
  /** The provider refuses. `temporary` is answered twice per provider, number and text, then the message is taken. */
  refusal: Refusal | null;
  /** False: the message is taken, the call is never answered. */
  answered: boolean;
  cause: Cause | null;
  report: 'final' | 'none';
  delayMs: number;
  copies: number;
  contradict: boolean;
}

const ORDINARY: NumberFate = {
  refusal: null,
  answered: true,
  cause: null,
  report: 'final',
  delayMs: DEFAULT_REPORT.delay_ms,
  copies: 1,
  contradict: false,
};

const RESERVED: Readonly<Record<string, (tier: string) => Partial<NumberFate>>> = {
  '01': () => ({ cause: { known: 'unknown_subscriber' } }),
  '02': () => ({ cause: { known: 'absent' } }),
  '03': () => ({ report: 'none' }),
  '04': () => ({ delayMs: 30_000 }),
  '05': () => ({ copies: 3 }),
  '06': () => ({ contradict: true }),
  '07': (tier) => ({ refusal: tier === 'tier_1' ? 'no_route' : null }),
  '08': () => ({ refusal: 'no_route' }),
  '09': () => ({ answered: false, report: 'none' }),
  '10': () => ({ refusal: 'temporary' }),
  '11': () => ({ refusal: 'opted_out' }),
  // 12 is refused by the gateway's own fraud score; a copy that gets here is delivered like any other.
};

/** The number as reserved, e.g. `07` for `+254700000107`, or null. */
export function reservedSuffix(number: string): string | null {
  return /^\+2547000001(\d\d)$/.exec(number)?.[1] ?? null;
}

/** What becomes of a message to `number` (E.164) at a provider of `tier`. */
export function fateOf(number: string, tier: string): NumberFate {
  const suffix = reservedSuffix(number);
  const special = suffix === null ? undefined : RESERVED[suffix];
  return special === undefined ? ORDINARY : { ...ORDINARY, ...special(tier) };
}

/** Reports that follow one another: each is sent `afterMs` after the one before it was answered 2xx. */
export interface ReportChain {
  delayMs: number;
  steps: { afterMs: number; meaning: ReportMeaning }[];
}

export interface DeliveryPlan {
  /** Whether the handset really receives the text. */
  received: boolean;
  answered: boolean;
  beforeAnswer: boolean;
  /** Independent of one another, so that copies arrive at the same time. */
  chains: ReportChain[];
}

const CONTRADICTION_AFTER_MS = 250;
const REORDER_AFTER_MS = 20;

/**
 * What happens to an accepted message. A report switch that differs from its default wins over the number's own fate, so
 * that a reserved number keeps its meaning as long as nothing is switched.
 */
export function planDelivery(fate: NumberFate, switches: ReportSettings): DeliveryPlan {
  const cause = switches.outcome === 'undelivered' ? ownCause(switches.reason) : fate.cause;
  const silent = switches.outcome === 'none' || (fate.report === 'none' && switches.outcome !== 'undelivered');
  const plan: DeliveryPlan = { received: cause === null, answered: fate.answered, beforeAnswer: false, chains: [] };
  if (silent) return plan;
  const first: ReportMeaning = cause === null ? { kind: 'delivered' } : { kind: 'undelivered', cause };
  const steps: ReportChain['steps'] = [{ afterMs: 0, meaning: first }];
  if (switches.reorder) {
    steps.push({ afterMs: REORDER_AFTER_MS, meaning: { kind: 'in_transit', step: 'submitted' } });
    steps.push({ afterMs: REORDER_AFTER_MS, meaning: { kind: 'in_transit', step: 'sent' } });
  }
  if (switches.contradict || fate.contradict) {
    const opposite: ReportMeaning =
      cause === null ? { kind: 'undelivered', cause: { known: 'failed' } } : { kind: 'delivered' };
    steps.push({ afterMs: CONTRADICTION_AFTER_MS, meaning: opposite });
  }
  const delayMs = switches.delay_ms === DEFAULT_REPORT.delay_ms ? fate.delayMs : switches.delay_ms;
  const copies = switches.copies === DEFAULT_REPORT.copies ? fate.copies : switches.copies;
  plan.beforeAnswer = switches.before_answer;
  plan.chains = Array.from({ length: copies }, () => ({ delayMs: switches.before_answer ? 0 : delayMs, steps }));
  return plan;
}

function ownCause(reason: string | null): Cause {
  return reason === null ? { known: 'failed' } : { own: reason };
}

/**
 * Counts the refusals of number 10. Kept in memory: it concerns minutes, and a restart that starts the count again only
 * adds refusals that the caller must bear anyway.
 */
export class TemporaryRefusals {
  private readonly seen = new Map<string, { refused: number; until: number }>();

  constructor(
    private readonly times = 2,
    private readonly forgetAfterMs = 300_000,
    private readonly cap = 10_000,
  ) {}

  /** True while this message is still to be refused. The call after the last refusal starts anew. */
  refuses(provider: string, number: string, text: string, nowMs: number): boolean {
    const key = `${provider}\n${number}\n${text}`;
    const known = this.seen.get(key);
    const refused = known === undefined || known.until < nowMs ? 0 : known.refused;
    this.seen.delete(key);
    if (refused >= this.times) return false;
    this.seen.set(key, { refused: refused + 1, until: nowMs + this.forgetAfterMs });
    const oldest = this.seen.size > this.cap ? this.seen.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.seen.delete(oldest.value);
    return true;
  }
}
