import type { Evidence } from './evidence';
import type { Findings } from './findings';
import type { Call } from './journal';

const UNITS_A_KES = 10_000;

/** What the API answered about messages and wallets when all was at rest is what the log says. */
export function checkAnswers(evidence: Evidence, findings: Findings): void {
  for (const call of evidence.journal.calls) {
    if (!call.settled) continue;
    if (call.what === 'read') checkMessage(call, evidence, findings);
    if (call.what === 'balance') checkBalance(call, evidence, findings);
  }
}

function checkMessage({ message, answer }: Call, { stories }: Evidence, findings: Findings): void {
  const story = stories.get(message);
  findings.saw('messages read at rest');
  findings.expect(
    answer?.status === 200 &&
      story !== undefined &&
      answer.body['status'] === story.status &&
      answer.body['final'] === story.final &&
      answer.body['charge'] === story.charge &&
      answer.body['cost_kes'] === Number(story.amount) / UNITS_A_KES,
    'I11',
    () => `GET of ${message} answers ${answer?.status} ${JSON.stringify(answer?.body)}, the log says ${story?.status}`,
  );
}

function checkBalance({ customer, mode, answer }: Call, { wallets }: Evidence, findings: Findings): void {
  const wallet = wallets.get(`wallet-${customer}${mode === 'test' ? '.test' : ''}`);
  const available = wallet === undefined ? 0n : wallet.credited - wallet.debited - wallet.held;
  findings.saw('balances read at rest');
  findings.expect(
    answer?.status === 200 &&
      answer.body['available_kes'] === Number(available) / UNITS_A_KES &&
      answer.body['reserved_kes'] === Number(wallet?.held ?? 0n) / UNITS_A_KES,
    'I3',
    () => `balance of ${customer} (${mode}): ${JSON.stringify(answer?.body)}, the log says ${available} units`,
  );
}
