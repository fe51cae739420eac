import type { Evidence } from '../support/checker/evidence';
import type { Findings } from '../support/checker/findings';
import { text } from '../support/checker/log';
import { type Attempt, isFinal, type Story } from '../support/checker/message-story';
import { deliveredIsReceived, type EndRule } from '../support/checker/messages';
import { REPORT_GRACE_S } from './rig';

/** An alarm rings a little late, on a machine that is shared. */
const ALARM_SLACK_MS = 10_000;

/** What a message met that may keep it from its handset: refused for good, a call without an answer, a report. */
export type Misfortune = 'permanent' | 'unknown' | 'undelivered' | 'no_report';

/** Only what the log tells of the attempts themselves; faults of class R and F are none. */
export function misfortunesOf(story: Story): Set<Misfortune> {
  const met = new Set<Misfortune>();
  for (const { refusal, unknownBecause } of story.attempts) {
    if (refusal?.class === 'P') met.add('permanent');
    if (unknownBecause !== null) met.add('unknown');
  }
  const accepted = story.attempts.some(({ result }) => result === 'accepted');
  if (accepted && story.status === 'failed') met.add('undelivered');
  if (accepted && story.status === 'unknown' && met.size === 0) met.add('no_report');
  return met;
}

/** Whether it met a fault of class R or F. */
export const wasRefused = ({ attempts }: Story): boolean =>
  attempts.some(({ refusal }) => refusal !== null && /^[RF]/.test(refusal.class));

interface Exceptions {
  /** Where no tier was accepting: a message may then end with its validity. */
  readonly mayExpire?: (story: Story) => boolean;
  /** A provider that reports deliveries which never were. */
  readonly liars?: boolean;
}

/**
 * "Lost", as the rules have it: a 202 without a final state by its report deadline, or one that was not delivered though
 * it met only faults of class R and F while a tier was accepting.
 */
export const noneLost =
  ({ mayExpire = () => false, liars = false }: Exceptions = {}): ((evidence: Evidence) => EndRule) =>
  () =>
  (story, received, _to, findings) => {
    inTime(story, findings);
    if (!liars) deliveredIsReceived(story, received, findings);
    findings.saw(`ended ${story.status}`);
    if (story.status === 'delivered') return;
    const met = misfortunesOf(story);
    for (const one of met) findings.saw(`not delivered: ${one}`);
    const allowed = met.size > 0 || (story.status === 'expired' && mayExpire(story));
    findings.expect(allowed, 'lost', () => `${story.id} ended ${story.status} (${path(story)}), received: ${received}`);
  };

function inTime(story: Story, findings: Findings): void {
  if (!isFinal(story)) return;
  const deadline = Date.parse(text(story.order['validUntil'])) + REPORT_GRACE_S * 1_000;
  const late = (story.endedAt ?? Number.POSITIVE_INFINITY) - deadline;
  findings.expect(late <= ALARM_SLACK_MS, 'deadline', () => `${story.id} was final ${late} ms after its deadline`);
}

const step = ({ tier, result, refusal, unknownBecause }: Attempt): string =>
  `${tier} ${refusal === null ? (unknownBecause ?? result) : `${refusal.class} ${refusal.code}`}`;

/** Its attempts in words. */
export const path = ({ attempts }: Story): string => attempts.map(step).join(', ') || 'no attempt';
