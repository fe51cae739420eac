import { LATE_DELIVERY_MS, SLOW_CALL_MS } from '../../domain/routing/score';
import { countsForHealth, isRateLimit } from '../../domain/routing/fault';
import type { Sign } from '../../domain/routing/circuit';
import type { MinuteTally } from '../../domain/routing/window';
import type { AttemptContext, ReportedAttempt } from '../ports/provider-health';
import type { SubmissionOutcome } from '../ports/sms-gateway';

export const minuteOf = (epochMs: number): number => Math.floor(epochMs / 60_000);

/**
 * What a call adds to its minute; null where it counts for nothing: what the recipient or the customer caused (class P, a bad
 * sender, a shut destination), and a limit of rate, which says that we are too fast.
 */
export function callCounts(outcome: SubmissionOutcome, { tookMs }: AttemptContext): Partial<MinuteTally> | null {
  const slow = tookMs > SLOW_CALL_MS ? 1 : 0;
  switch (outcome.kind) {
    case 'accepted':
      return { attempts: 1, accepted: 1, slow };
    case 'unknown':
      return isSilence(outcome.code) ? { attempts: 1, timeouts: 1 } : { attempts: 1, slow };
    case 'refused':
      return countsForHealth(outcome) ? { attempts: 1, slow } : null;
  }
}

export function reportCounts({ outcome, submittedAtMs, reportedAtMs }: ReportedAttempt): Partial<MinuteTally> | null {
  if (outcome === 'excused') return { excused: 1 };
  if (outcome === 'undelivered') return null;
  return { delivered: 1, late: reportedAtMs - submittedAtMs > LATE_DELIVERY_MS ? 1 : 0 };
}

/** What an attempt says about the provider itself, not about the message. */
export function signOf(outcome: SubmissionOutcome): Sign {
  if (outcome.kind === 'accepted') return 'alive';
  // An answer that leaves the message's fate open still came from a living provider; silence did not.
  if (outcome.kind === 'unknown') return isSilence(outcome.code) ? 'outage' : 'neutral';
  if (outcome.class === 'F!') return outcome.scope === 'account' ? 'account' : 'alive';
  if (isRateLimit(outcome.code)) return 'neutral';
  if (outcome.class === 'R' || !outcome.byProvider) {
    return outcome.code === 'http_400' || outcome.code === 'http_413' ? 'alive' : 'outage';
  }
  return 'alive';
}

const isSilence = (code: string): boolean => /^(no_answer|connection_lost)/.test(code);
