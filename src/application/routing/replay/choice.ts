import { quoteMessage } from '../../../domain/message/quote';
import type { Order } from '../../../domain/message/state';
import { ticketOf } from '../../../domain/routing/circuit';
import { healthOf, type Health } from '../../../domain/routing/decider';
import { inOrder, type TierStanding } from '../../../domain/routing/pick';
import { TIERS, type Tier } from '../../../domain/routing/tiers';
import { assertNever } from '../../../domain/shared/decider';
import { money, parseMoney, ZERO, type Money } from '../../../domain/shared/money';
import type { Courses } from './courses';
import { isAlike } from './courses';
import type { ReplaySettings } from './settings';

/** What was picked at accept, and what would have been. */
export interface Choice {
  readonly recorded: Tier;
  /** Null: every tier would have cost more than the customer allows. */
  readonly replayed: Tier | null;
  /** Of the whole message, at each candidate, under the settings. */
  readonly priceAt: (tier: Tier) => Money;
  /** How its tiers stood was not noted: it was told from the providers' streams. */
  readonly isGuessed: boolean;
  /** A half-open tier wanted it, or had its trial out: which message that was, the note alone says. */
  readonly isByTrial: boolean;
}

type CourseAt = (tier: Tier) => { course: ReturnType<Courses['of']>; network: string | null } | null;

/** By the functions that pick for the living. */
export function choose(order: Order, settings: ReplaySettings, courseAt: CourseAt): Choice {
  const { messageId, candidates, prices, segments, routing, quote, maxCost } = order;
  const standings: { [tier in Tier]?: TierStanding } = {};
  for (const tier of candidates) standings[tier] = standingAt(routing?.[tier] ?? null, courseAt(tier));
  const perSegment = { tier_1: ZERO, tier_2: ZERO, tier_3: ZERO };
  for (const tier of TIERS) {
    const recorded = money(parseMoney(prices[tier] ?? '0') / BigInt(Math.max(1, segments)));
    perSegment[tier] = settings.prices[tier] ?? recorded;
  }
  const wanted = settings.order?.filter((tier) => candidates.includes(tier)) ?? candidates;
  const { picked } = quoteMessage({
    segments,
    perSegment,
    candidates: inOrder(wanted, standings, ticketOf(messageId)),
    maxCost: maxCost === null ? null : parseMoney(maxCost),
  });
  const health = Object.values(standings).map((one) => one.health);
  return {
    recorded: quote.tier,
    replayed: picked?.tier ?? null,
    isGuessed: routing === null,
    isByTrial: health.includes('trial') || health.includes('trial_out'),
    priceAt: (tier) => money(perSegment[tier] * BigInt(segments)),
  };
}

/** As noted, as long as its provider would have stood as it did; what concerns this message alone stays in any case. */
function standingAt(noted: TierStanding | null, at: ReturnType<CourseAt>): TierStanding {
  if (noted?.health === 'shut' || noted?.health === 'absent') return noted;
  if (at === null) return noted ?? { health: 'absent' };
  if (noted !== null && isAlike(at.course, at.network)) return noted;
  const { state } = at.course.replayed;
  return worse(standingBy(healthOf(state, null)), standingBy(healthOf(state, at.network)));
}

function standingBy(health: Health): TierStanding {
  switch (health.status) {
    case 'healthy':
      return { health: 'healthy' };
    case 'returning':
      return { health: 'returning', share: health.sharePercent };
    case 'degraded':
      return { health: 'away' };
    default:
      return assertNever(health);
  }
}

function worse(a: TierStanding, b: TierStanding): TierStanding {
  if (a.health === 'away' || b.health === 'healthy') return a;
  if (b.health === 'away' || a.health === 'healthy') return b;
  return (a.share ?? 100) <= (b.share ?? 100) ? a : b;
}
