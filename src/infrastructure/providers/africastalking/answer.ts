import type { SubmissionOutcome } from '../../../application/ports/sms-gateway';
import type { Exchange } from '../http-exchange';
import { answerOf, refused, refusedByStatus, undecided, unreadable, type Answer } from '../answers';
import { meaningOfStatus, UNREADABLE } from '../meaning';
import { isRecord, parseJson } from '../wire';
import { ACCEPTED, REFUSED, REFUSED_AS_A_WHOLE } from './codes';

interface Recipient {
  readonly statusCode: number;
  readonly number: string;
  readonly cost: string | null;
  /** Null for the word `None`. */
  readonly messageId: string | null;
}

interface Said {
  readonly message: string;
  readonly recipients: readonly Recipient[];
}

const digits = (number: string): string => number.replace(/\D/g, '');

/** Numbers and strings change places in this contract from time to time. */
function readRecipient(value: unknown): Recipient | null {
  if (!isRecord(value)) return null;
  const { statusCode, number, cost, messageId } = value;
  const code = typeof statusCode === 'string' ? Number(statusCode) : statusCode;
  if (typeof code !== 'number' || !Number.isInteger(code)) return null;
  if (typeof number !== 'string' && typeof number !== 'number') return null;
  return {
    statusCode: code,
    number: String(number),
    cost: typeof cost === 'string' || typeof cost === 'number' ? String(cost) : null,
    messageId: typeof messageId === 'string' && messageId !== '' && messageId !== 'None' ? messageId : null,
  };
}

/** Null where the text is not an answer of the messaging endpoint. */
function readAnswer(text: string): Said | null {
  const parsed = parseJson(text);
  const data = isRecord(parsed) ? parsed['SMSMessageData'] : undefined;
  if (!isRecord(data) || !Array.isArray(data['Recipients'])) return null;
  const recipients: Recipient[] = [];
  for (const entry of data['Recipients']) {
    const recipient = readRecipient(entry);
    if (recipient === null) return null;
    recipients.push(recipient);
  }
  return { message: typeof data['Message'] === 'string' ? data['Message'] : '', recipients };
}

/** What an exchange about one recipient (E.164) means. */
export function outcomeOf(exchange: Exchange, to: string): SubmissionOutcome {
  const answer = answerOf(exchange);
  if (answer.kind !== 'answer') return answer;
  const byStatus = meaningOfStatus(answer.status);
  if (byStatus !== null) return refusedByStatus(byStatus, answer);
  const said = answer.body === null ? null : readAnswer(answer.body);
  return said === null ? unreadable(answer) : outcomeOfAnswer(said, to, answer);
}

function outcomeOfAnswer({ message, recipients }: Said, to: string, answer: Answer): SubmissionOutcome {
  if (recipients.length === 0) {
    const code = REFUSED_AS_A_WHOLE.get(message.trim());
    const meaning = code === undefined ? undefined : REFUSED.get(code);
    // Without a recipient nothing was sent, whatever the text beside it says.
    return meaning === undefined ? unreadable(answer, 'no_recipients') : refused(meaning, `${code}`, true);
  }
  const recipient = recipients.find(({ number }) => digits(number) === digits(to));
  // An answer about somebody else does not say what became of this message.
  if (recipient === undefined) return undecided('recipient_missing', answer);
  const { statusCode, messageId, cost } = recipient;
  if (ACCEPTED.has(statusCode)) {
    // Taken, but no report could ever be told apart by its id: it is settled by number and time instead.
    if (messageId === null) return undecided('accepted_without_id', answer);
    return { kind: 'accepted', providerMessageId: messageId, providerCost: cost };
  }
  const meaning = REFUSED.get(statusCode);
  if (meaning !== undefined) return refused(meaning, `${statusCode}`, true);
  if (messageId !== null) return undecided(`status_${statusCode}`, answer);
  return refused({ ...UNREADABLE, failureCode: 'rejected' }, `${statusCode}`, true);
}
