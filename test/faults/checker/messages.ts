import { type Evidence, group } from './evidence';
import type { Findings } from './findings';
import type { Fault } from './journal';
import { text } from './log';
import { type Attempt, isFinal, type Story } from './message-story';

/** A claim whose outcome is missing is given up this long after its call's deadline; and clocks are coarse. */
const GIVEN_UP_AFTER_MS = 5_000;
const GRAIN_MS = 1_500;
/** Received, and never reported. */
const SILENT = '+254700000103';
const RESERVED_NUMBER = /^\+2547000001\d\d$/;
/** Refused for want of money for a dearer tier, or ended by its validity: the customer's money came back. */
const FAILURES_OF_ORDINARY_NUMBERS = new Set(['insufficient_funds']);

/** Each message's life, its handset, and its end. */
export function checkMessages(evidence: Evidence, findings: Findings): void {
  for (const what of evidence.brokenStories) findings.expect(false, 'states', () => what);
  const copies = group(evidence.copies, ({ token }) => token);
  const recipients = new Map(evidence.journal.calls.map(({ token, to }) => [token, to]));
  findings.saw('messages', evidence.stories.size);
  findings.saw('handset copies', evidence.copies.length);
  for (const story of evidence.stories.values()) {
    const token = text(story.order['clientReference']);
    const received = copies.get(token) ?? [];
    copies.delete(token);
    findings.saw(`messages ${story.status}`);
    findings.expect(isFinal(story), 'final', () => `${story.id} is ${story.status} and stays so`);
    checkCopies(story, received, findings);
    checkEnd(story, received.length > 0, recipients.get(token) ?? '', evidence.journal.faults, findings);
  }
  findings.expect(
    copies.size === 0,
    'copies',
    () => `handsets got texts that no message is behind: ${[...copies.keys()].join(', ')}`,
  );
}

function checkCopies(story: Story, received: readonly Evidence['copies'][number][], findings: Findings): void {
  const { id, attempts } = story;
  const claims = attempts.length;
  const most = story.order['onUnknown'] === 'never_twice' ? 1 : claims;
  findings.expect(
    received.length <= most,
    'copies',
    () => `${id}: ${received.length} copies on the handset, ${claims} claims`,
  );
  for (const { provider, providerMessageId } of received) {
    const there = attempts.filter((attempt) => attempt.provider === provider);
    const known = there.some((one) => one.providerMessageId === providerMessageId || one.providerMessageId === null);
    findings.expect(known, 'copies', () => `${id}: ${provider} delivered as ${providerMessageId} what no claim covers`);
  }
  if (story.status !== 'delivered') return;
  findings.expect(received.length > 0, 'invented', () => `${id} is delivered, and no handset has it`);
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
