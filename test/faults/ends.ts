import type { Findings } from '../support/checker/findings';
import type { Fault } from '../support/checker/journal';
import type { Attempt, Story } from '../support/checker/message-story';
import { deliveredIsReceived, type EndRule } from '../support/checker/messages';

/** A claim whose outcome is missing is given up this long after its call's deadline; and clocks are coarse. */
const GIVEN_UP_AFTER_MS = 5_000;
const GRAIN_MS = 1_500;
/** Received, and never reported. */
const SILENT = '+254700000103';
/** Reported as undelivered, and by a provider that contradicts itself as delivered after that. */
const NEVER_DELIVERED = '+254700000101';
const RESERVED_NUMBER = /^\+2547000001\d\d$/;
/** Refused for want of money for a dearer tier, or ended by its validity: the customer's money came back. */
const FAILURES_OF_ORDINARY_NUMBERS = new Set(['insufficient_funds']);

/** How messages may end while processes and providers break: what is unknown must have a fault beside it. */
export const endUnder =
  (faults: readonly Fault[]): EndRule =>
  (story, received, to, findings) => {
    if (to !== NEVER_DELIVERED || !wasContradicted(story, faults)) deliveredIsReceived(story, received, findings);
    checkEnd(story, received, to, faults, findings);
  };

function wasContradicted({ attempts, endedAt }: Story, faults: readonly Fault[]): boolean {
  return attempts.some(({ provider, startedAt }) =>
    faults.some(
      ({ kind, victim, from, to, detail }) =>
        kind === 'provider' &&
        victim === provider &&
        detail.includes('"contradict":true') &&
        from <= (endedAt ?? Number.POSITIVE_INFINITY) + GRAIN_MS &&
        to + GRAIN_MS >= startedAt,
    ),
  );
}

function checkEnd(story: Story, received: boolean, to: string, faults: readonly Fault[], findings: Findings): void {
  const { id, status, errorCode, attempts } = story;
  const ordinary = !RESERVED_NUMBER.test(to);
  if (ordinary && status === 'failed') {
    const allowed = FAILURES_OF_ORDINARY_NUMBERS.has(errorCode ?? '');
    findings.expect(allowed, 'failed', () => `${id} to an ordinary number failed: ${errorCode}`);
  }
  const accepted = attempts.some(({ result }) => result === 'accepted');
  findings.expect(!ordinary || !accepted || received, 'invented', () => `${id} was accepted, and no handset has it`);
  for (const attempt of attempts) if (attempt.unknownBecause !== null) checkUnknown(story, attempt, faults, findings);
  if (status !== 'unknown') return;
  if (received && to !== SILENT) findings.saw('unknown, though a handset has it');
  // A handset's report lifts even what ended as unknown; only where none is meant to come, or the call said nothing, not.
  const unsaid = attempts.some(({ unknownBecause }) => unknownBecause !== null);
  findings.expect(unsaid || !received || to === SILENT, 'unknown', () => `${id} was accepted, and its report is lost`);
}

/** A call's end can only be unknown where something broke while it ran. */
function checkUnknown({ id }: Story, attempt: Attempt, faults: readonly Fault[], findings: Findings): void {
  const { startedAt, deadlineMs, unknownBecause, number } = attempt;
  const until = startedAt + deadlineMs + GIVEN_UP_AFTER_MS + GRAIN_MS;
  findings.saw(`attempts unknown: ${unknownBecause}`);
  const explained = faults.some(
    ({ kind, victim, from, to }) =>
      from <= until &&
      to + GRAIN_MS >= startedAt &&
      (unknownBecause === 'no_answer' || kind !== 'provider') &&
      victim !== 'redis',
  );
  findings.expect(
    explained,
    'unknown',
    () => `${id}: attempt ${number} ended ${unknownBecause}, and nothing broke meanwhile`,
  );
}
