import { assertNever } from '../shared/decider';
import { favours } from './circuit';
import { ABSENT, type TierStanding } from './pick';

/**
 * Why a tier was picked for a message, or was not. `behind`: it would have taken it, after the one that was picked.
 * `not_its_share`: it returns, and this message is not among those that it gets.
 */
export type Verdict =
  'picked' | 'behind' | 'not_its_share' | 'trial_out' | 'away' | 'shut' | 'no_account' | 'over_max_cost';

/** @param ticket 0 to 99, of the message. */
export function verdictOn(
  { health, share = 100 }: TierStanding = ABSENT,
  { isPicked, isAffordable, ticket }: { isPicked: boolean; isAffordable: boolean; ticket: number },
): Verdict {
  if (isPicked) return 'picked';
  if (!isAffordable) return 'over_max_cost';
  switch (health) {
    case 'healthy':
    case 'trial':
      return 'behind';
    case 'returning':
      return favours({ phase: 'returning', sharePercent: share }, ticket) ? 'behind' : 'not_its_share';
    case 'absent':
      return 'no_account';
    case 'trial_out':
    case 'away':
    case 'shut':
      return health;
    default:
      return assertNever(health);
  }
}
