import { scoreOf, type Score, type ScoreInputs } from './score';
import type { Tier } from './tiers';

export interface Thresholds {
  /** A healthy provider whose score is under it is degraded, 0 to 100. */
  readonly degradeUnder: number;
  /** An alternative must be better by so much for a move to be worth it. */
  readonly margin: number;
  /** After a move nothing moves this provider again for so long, seconds. */
  readonly cooldownSeconds: number;
}

export const DEFAULT_THRESHOLDS: Thresholds = { degradeUnder: 70, margin: 10, cooldownSeconds: 120 };

export interface Standing {
  readonly provider: string;
  readonly tier: Tier;
  /** `returning`: on its way back, with a share of the traffic. */
  readonly status: 'healthy' | 'degraded' | 'returning';
  /** Seconds since its last move; null: never moved. */
  readonly movedSecondsAgo: number | null;
  /** The network that the counts are of, as MCC and MNC; null: of the provider as a whole. */
  readonly network: string | null;
  /** Networks that are judged by themselves: their counts are not among the whole's. */
  readonly leftOut: readonly string[];
  readonly inputs: ScoreInputs;
}

/** All that a decision about one provider, or one network at it, rests on; it stands whole in the event. */
export interface MoveInputs {
  readonly subject: Standing;
  /** For a network: as they stand for that network, or as a whole where they have carried too little of it. */
  readonly alternatives: readonly Standing[];
  readonly thresholds: Thresholds;
}

export interface Alternative {
  readonly provider: string;
  readonly tier: Tier;
  readonly score: number | null;
  /** `better`: traffic can go there. The others say why it lost. */
  readonly verdict: 'better' | 'degraded' | 'not_better';
}

export interface Move {
  readonly kind: 'degrade' | 'stay';
  readonly why:
    'under_threshold' | 'too_few_samples' | 'over_threshold' | 'cooling_down' | 'no_better_tier' | 'degraded_already';
  readonly score: Score;
  readonly alternatives: readonly Alternative[];
}

/**
 * Should traffic leave this provider, or this network's? The same inputs give the same answer for ever: it is run again by whoever doubts it.
 * The way back is not decided here but by messages that go through (`circuit.ts`).
 */
export function decideMove({ subject, alternatives, thresholds }: MoveInputs): Move {
  const score = scoreOf(subject.inputs);
  const compared = alternatives.map((one) => compare(one, score.value, thresholds.margin));
  const stay = (why: Move['why']): Move => ({ kind: 'stay', why, score, alternatives: compared });
  if (subject.status === 'degraded') return stay('degraded_already');
  if (score.value === null) return stay('too_few_samples');
  if (score.value >= thresholds.degradeUnder) return stay('over_threshold');
  if (subject.movedSecondsAgo !== null && subject.movedSecondsAgo < thresholds.cooldownSeconds)
    return stay('cooling_down');
  if (!compared.some(({ verdict }) => verdict === 'better')) return stay('no_better_tier');
  return { kind: 'degrade', why: 'under_threshold', score, alternatives: compared };
}

function compare({ provider, tier, status, inputs }: Standing, own: number | null, margin: number): Alternative {
  const score = scoreOf(inputs).value;
  // Never used, or hardly: healthy until it shows otherwise.
  const isBetter = score === null || score >= (own ?? 0) + margin;
  return { provider, tier, score, verdict: status === 'degraded' ? 'degraded' : isBetter ? 'better' : 'not_better' };
}
