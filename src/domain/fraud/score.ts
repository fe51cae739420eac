import type { ErrorCode } from '../shared/domain-error';

/** What is known about one message at the moment of its accept. */
export interface FraudSignals {
  /** A block holds for the recipient, a prefix of the number, or the customer. */
  readonly block: 'none' | 'recipient' | 'prefix' | 'customer';
  /** This customer's messages to this recipient in the last 60 s, this one included. */
  readonly recipientPerMinute: number;
  readonly recipientPerMinuteLimit: number;
  /** E.164. */
  readonly to: string;
  /** ISO 3166 alpha-2 of the recipient, and those that the customer may send to. */
  readonly country: string;
  readonly countriesAllowed: readonly string[];
  /** Whether only simulated providers can carry it: then the reserved numbers mean what they are reserved for. */
  readonly simulated: boolean;
}

export type FraudReason =
  | 'recipient_blocked'
  | 'prefix_blocked'
  | 'customer_blocked'
  | 'destination_not_allowed'
  | 'recipient_velocity'
  | 'reserved_number';

export interface FraudScore {
  /** 0 (nothing speaks against it) to 100. */
  readonly score: number;
  /** What made the score, the heaviest first. */
  readonly reasons: readonly FraudReason[];
  /** Null: it may go. */
  readonly refuse: Extract<ErrorCode, 'fraud_blocked' | 'recipient_blocked' | 'destination_not_allowed'> | null;
}

/** At or over this score a message is refused. */
export const REFUSE_AT = 80;
/** What velocity alone can come to while it is within its limit. */
const VELOCITY_WITHIN_LIMIT = 60;
/** Reserved: refused as fraud by any simulated provider. */
const REFUSED_AS_FRAUD = '+254700000112';

const HARMLESS: FraudScore = { score: 0, reasons: [], refuse: null };

const BLOCK_REASON = {
  recipient: 'recipient_blocked',
  prefix: 'prefix_blocked',
  customer: 'customer_blocked',
} as const;

interface Finding {
  readonly points: number;
  readonly reason: FraudReason;
}

/** The score is that of the heaviest finding: small ones never add up to a refusal that nobody could explain. */
export function fraudScore(signals: FraudSignals): FraudScore {
  const findings = findingsOf(signals);
  const heaviest = findings[0];
  if (heaviest === undefined) return HARMLESS;
  const reasons = findings.map((finding) => finding.reason);
  return {
    score: heaviest.points,
    reasons,
    refuse: heaviest.points >= REFUSE_AT ? refusalFor(heaviest.reason) : null,
  };
}

/** In order of weight; where two weigh the same, what the caller can least change comes first. */
function findingsOf(signals: FraudSignals): Finding[] {
  const findings: Finding[] = [];
  if (signals.block !== 'none') findings.push({ points: 100, reason: BLOCK_REASON[signals.block] });
  if (!signals.countriesAllowed.includes(signals.country)) {
    findings.push({ points: 100, reason: 'destination_not_allowed' });
  }
  if (signals.simulated && signals.to === REFUSED_AS_FRAUD) findings.push({ points: 100, reason: 'reserved_number' });
  const velocity = velocityPoints(signals.recipientPerMinute, signals.recipientPerMinuteLimit);
  if (velocity > 0) findings.push({ points: velocity, reason: 'recipient_velocity' });
  return findings;
}

/** The first message of a minute counts for nothing; the limit itself is still allowed. */
function velocityPoints(perMinute: number, limit: number): number {
  if (perMinute > limit) return 90;
  if (perMinute <= 1) return 0;
  return Math.round((VELOCITY_WITHIN_LIMIT * perMinute) / limit);
}

function refusalFor(reason: FraudReason): FraudScore['refuse'] {
  if (reason === 'recipient_blocked' || reason === 'destination_not_allowed') return reason;
  return 'fraud_blocked';
}
