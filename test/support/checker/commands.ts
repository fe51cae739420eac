import { type Evidence, group } from './evidence';
import type { Findings } from './findings';
import type { Answer, Call } from './journal';
import type { Story } from './message-story';

/** Clocks of two processes on one machine, in whole milliseconds. */
const CLOCK_GRAIN_MS = 2;
const ANSWERS_TO_SEND = new Set([202, 402, 409, 422, 429, 503]);
const ANSWERS_TO_READ = new Set([200, 429, 503]);

type Answered = Call & { readonly answer: Answer };
const isAnswered = (call: Call): call is Answered => call.answer !== null;

/** What customers and operations were told, held against the log: nothing acknowledged lost, nothing doubled. */
export function checkCommands(evidence: Evidence, findings: Findings): void {
  const { journal } = evidence;
  const sends = journal.calls.filter(({ what }) => what === 'send');
  for (const call of journal.calls.filter(isAnswered)) checkStatus(call, findings);
  for (const [token, calls] of group(sends, (call) => call.token)) checkWish(token, calls, evidence, findings);
  for (const call of sends.filter(isAnswered)) {
    if (call.answer.status === 202) checkAccepted(call, evidence, findings);
    else if (call.answer.status < 500) checkRefused(call, evidence, findings);
  }
  checkCredits(evidence, findings);
  findings.saw('sends', sends.length);
  findings.saw('reads', journal.calls.filter(({ what }) => what === 'read').length);
}

function checkStatus(call: Answered, findings: Findings): void {
  if (call.what === 'credit') return;
  const { status, body } = call.answer;
  const allowed = call.what === 'send' ? ANSWERS_TO_SEND : ANSWERS_TO_READ;
  findings.saw(`${call.what} answered ${status}`);
  findings.expect(
    allowed.has(status),
    'answers',
    () => `${call.what} ${call.token || call.message}: ${status} ${JSON.stringify(body)}`,
  );
}

/** One wish, however often it was sent: at most one message, one answer, the same to all. */
function checkWish(token: string, calls: readonly Call[], { byToken }: Evidence, findings: Findings): void {
  const stories = byToken.get(token) ?? [];
  findings.expect(stories.length <= 1, 'doubled', () => `${token}: ${stories.length} messages`);
  const accepted = calls.filter(isAnswered).filter(({ answer, otherBody }) => answer.status === 202 && !otherBody);
  if (calls.length > 1 && accepted.length > 1) findings.saw('wishes sent more than once');
  const bodies = new Set(accepted.map(({ answer }) => JSON.stringify(sorted(answer.body))));
  findings.expect(
    bodies.size <= 1,
    'I13',
    () => `${token} was answered in ${bodies.size} ways: ${[...bodies].join(' | ')}`,
  );
  const firsts = accepted.filter(({ answer }) => !answer.replayed);
  findings.expect(firsts.length <= 1, 'I13', () => `${token}: ${firsts.length} answers call themselves the first`);
  findings.saw('replays', accepted.length - firsts.length);
  for (const call of calls.filter(isAnswered).filter(({ otherBody }) => otherBody)) {
    findings.saw('keys used again with another body');
    const { status } = call.answer;
    findings.expect(
      status === 422 || status === 503 || status === 409,
      'I13',
      () => `${token} with another body: ${status}`,
    );
  }
}

const sorted = (body: Readonly<Record<string, unknown>>): unknown =>
  Object.entries(body).sort(([one], [other]) => (one < other ? -1 : 1));

function checkAccepted(call: Answered, { byStream, byToken }: Evidence, findings: Findings): void {
  const { answer, token } = call;
  const id = String(answer.body['message_id']);
  const queued = (byStream.get(`message-${id}`) ?? []).filter(({ type }) => type === 'MessageQueued');
  findings.saw('202s');
  findings.expect(
    queued.length === 1,
    'lost',
    () => `${token}: 202 for ${id}, which has ${queued.length} MessageQueued`,
  );
  const [event] = queued;
  if (event === undefined) return;
  const late = event.storedAt - answer.at;
  findings.expect(late <= CLOCK_GRAIN_MS, 'I15', () => `${id} was stored ${late} ms after its 202`);
  const { customerId, mode, clientReference } = event.data;
  findings.expect(
    customerId === call.customer && mode === call.mode && clientReference === token,
    'lost',
    () => `${id} is of ${String(customerId)} (${String(clientReference)}), the 202 was for ${call.customer} (${token})`,
  );
  const [story] = byToken.get(token) ?? [];
  if (story !== undefined) checkReply(story, answer, findings);
}

function checkReply({ id, order }: Story, answer: Answer, findings: Findings): void {
  const quote = order['quote'] as { tier: string; amount: string };
  const { status, provider, cost_kes: cost } = answer.body;
  const fits = status === 'queued' && provider === quote.tier && Number(cost) * 10_000 === Number(quote.amount);
  findings.expect(
    fits,
    'I13',
    () => `${id}: the 202 says ${JSON.stringify(answer.body)}, the log ${JSON.stringify(quote)}`,
  );
}

/** A refusal leaves nothing behind; and no keyed one is refused that was accepted before. */
function checkRefused(call: Answered, { byRequest, byToken, journal }: Evidence, findings: Findings): void {
  const { status, request } = call.answer;
  findings.saw('refusals');
  const left = byRequest.get(request) ?? [];
  // Where Redis has forgotten the key, only the message's own stream knows of the first request: money is reserved and, the
  // race for the stream being lost, given back. That each reservation ends is looked at elsewhere.
  const gaveBack = call.otherBody && left.every(({ type }) => type === 'FundsReserved' || type === 'FundsReleased');
  findings.expect(
    left.length === 0 || status === 409 || gaveBack,
    'I6',
    () => `${call.token}: ${status}, and ${left[0]?.type} in ${left[0]?.stream}`,
  );
  if (call.otherBody || status === 409) return;
  const [story] = byToken.get(call.token) ?? [];
  if (story === undefined) return;
  const { storedAt } = story.queued;
  if (storedAt < call.askedAt) {
    findings.expect(false, 'I13', () => `${call.token}: ${status} although it was accepted before`);
    return;
  }
  const others = journal.calls.filter(({ n, token }) => n !== call.n && token === call.token);
  const another = others.some(
    ({ askedAt, answer }) => askedAt <= storedAt && (answer === null || answer.at >= storedAt),
  );
  findings.expect(another, 'I6', () => `${call.token}: ${status}, and a message all the same`);
}

function checkCredits({ wallets, journal }: Evidence, findings: Findings): void {
  const credits = [...wallets.values()].flatMap((wallet) => [...wallet.credits.values()]);
  const byNote = group(credits, ({ data }) => String(data['note']));
  for (const call of journal.calls.filter(({ what }) => what === 'credit')) {
    const events = byNote.get(call.note) ?? [];
    const acknowledged = call.answer !== null;
    findings.saw(acknowledged ? 'credits acknowledged' : 'credits without an answer');
    findings.expect(!acknowledged || events.length > 0, 'lost', () => `${call.note} was acknowledged and is not there`);
    findings.expect(events.length <= 1, 'doubled', () => `${call.note}: ${events.length} times in the log`);
    for (const { data } of events) {
      const fits = data['amount'] === String(call.kes * 10_000);
      findings.expect(fits, 'lost', () => `${call.note}: ${String(data['amount'])} for KES ${call.kes}`);
    }
    byNote.delete(call.note);
  }
  // What no note names came with the wallet itself, once.
  for (const wallet of wallets.values()) {
    const opening = [...wallet.credits.values()].filter(({ data }) => data['source'] === 'opening');
    findings.expect(
      opening.length <= 1,
      'doubled',
      () => `${wallet.stream} was opened with money ${opening.length} times`,
    );
  }
  const unnamed = (byNote.get('null') ?? []).filter(({ data }) => data['source'] !== 'opening');
  findings.expect(unnamed.length === 0, 'doubled', () => `${unnamed.length} credits without a note`);
  byNote.delete('null');
  findings.expect(
    byNote.size === 0,
    'doubled',
    () => `credits that nobody asked for: ${[...byNote.keys()].join(', ')}`,
  );
}
