import { type Evidence, group } from './evidence';
import type { Findings } from './findings';
import { text } from './log';
import { isFinal, type Story } from './message-story';

/** What a run knows of how its messages may end. @param to the recipient, E.164; empty where the journal does not say. */
export type EndRule = (story: Story, received: boolean, to: string, findings: Findings) => void;

/** Each message's life, its handset, and its end. */
export function checkMessages(evidence: Evidence, mayEnd: EndRule, findings: Findings): void {
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
    mayEnd(story, received.length > 0, recipients.get(token) ?? '', findings);
  }
  findings.expect(
    copies.size === 0,
    'copies',
    () => `handsets got texts that no message is behind: ${[...copies.keys()].join(', ')}`,
  );
}

/** What is delivered is on a handset: part of an EndRule wherever no provider lies about it. */
export function deliveredIsReceived({ id, status }: Story, received: boolean, findings: Findings): void {
  findings.expect(status !== 'delivered' || received, 'invented', () => `${id} is delivered, and no handset has it`);
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
}
