import { assertNever } from '../shared/decider';
import { favours, permits, type Circuit } from './circuit';
import type { Tier } from './tiers';

/**
 * How a tier stood for one message when routing looked at it. `returning`: with a share of its traffic. `trial`: half-open, and
 * it wants this message; `trial_out`: half-open, and another message is its trial. `shut`: for this message's sender or
 * destination. `absent`: no account.
 */
export type TierHealth = 'healthy' | 'returning' | 'trial' | 'trial_out' | 'away' | 'shut' | 'absent';

export interface TierStanding {
  readonly health: TierHealth;
  /** Percent; of a returning one. */
  readonly share?: number;
}

/** Of each candidate: it stands in the event of a message's accept, so short as it is. */
export type TierStandings = { readonly [tier in Tier]?: TierStanding };

const HEALTHY: TierStanding = { health: 'healthy' };
export const ABSENT: TierStanding = { health: 'absent' };
export const SHUT: TierStanding = { health: 'shut' };

/** By all circuits that the message has to pass there: the one that is farthest from taking it says how the tier stands. */
export function standingOf(circuits: readonly Circuit[], nowMs: number): TierStanding {
  const standings = circuits.map((circuit) => standingBy(circuit, nowMs));
  return standings.reduce((worst, one) => (distanceOf(one) > distanceOf(worst) ? one : worst), HEALTHY);
}

function standingBy(circuit: Circuit, nowMs: number): TierStanding {
  switch (circuit.phase) {
    case 'closed':
      return HEALTHY;
    case 'returning':
      return { health: 'returning', share: circuit.sharePercent };
    case 'half_open':
      return { health: permits(circuit, nowMs, false) ? 'trial' : 'trial_out' };
    case 'open':
      return { health: 'away' };
    default:
      return assertNever(circuit.phase);
  }
}

/** From taking the message first. A trial is wanted at once, where nothing else stands in its way. */
function distanceOf({ health, share = 100 }: TierStanding): number {
  switch (health) {
    case 'healthy':
      return 0;
    case 'trial':
      return 1;
    case 'returning':
      return 102 - share;
    default:
      return 200;
  }
}

/**
 * Candidates in the order in which they should be tried: those that take this message come first, then those that would rather
 * not, then the shut ones; else as given. `ticket`: 0 to 99, of the message (`ticketOf`).
 */
export function inOrder(candidates: readonly Tier[], standings: TierStandings, ticket: number): Tier[] {
  const ranks = candidates.map((tier) => rankOf(standings[tier] ?? ABSENT, ticket));
  // As it mostly is, and every message asks.
  if (ranks.every((rank, index) => rank >= (ranks[index - 1] ?? 0))) return [...candidates];
  return candidates
    .map((tier, index) => ({ tier, index, rank: ranks[index] ?? 0 }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ tier }) => tier);
}

function rankOf({ health, share = 100 }: TierStanding, ticket: number): number {
  switch (health) {
    case 'healthy':
      return 0;
    case 'returning':
      return favours({ phase: 'returning', sharePercent: share }, ticket) ? 0 : 1;
    case 'trial':
      // It wants its trial message, and loses it to the next tier only while another is out.
      return 0;
    case 'trial_out':
    case 'away':
    case 'shut':
      return 2;
    case 'absent':
      return 3;
    default:
      return assertNever(health);
  }
}
