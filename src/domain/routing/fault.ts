import type { FailureClass, ShutScope } from './tiers';

/** A provider that says we are too fast says nothing about itself. */
export const isRateLimit = (code: string): boolean => code === 'http_429';

/**
 * Does a refusal count for the provider's health? Not where the recipient or the customer caused it: class P, a sender that it
 * does not know, a destination that it holds back.
 */
export const countsForHealth = (refusal: {
  readonly class: FailureClass;
  readonly scope: ShutScope | null;
  readonly code: string;
}): boolean =>
  refusal.class !== 'P' && !isRateLimit(refusal.code) && (refusal.class !== 'F!' || refusal.scope === 'account');

/** Normalised codes of phones that could not be reached for a while, by nobody's fault but their owner's. */
const AWAY: ReadonlySet<string> = new Set(['absent_subscriber', 'barred_subscriber', 'inactive_subscriber']);

/** Is a negative report the recipient's or the customer's doing? */
export const isExcused = (failureCode: string, permanent: boolean): boolean => permanent || AWAY.has(failureCode);
