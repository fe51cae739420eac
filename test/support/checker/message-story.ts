import { type Fields, type LogEvent, text } from './log';

export interface Attempt {
  readonly number: number;
  readonly tier: string;
  readonly provider: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly deadlineMs: number;
  result: 'open' | 'unknown' | 'accepted' | 'refused';
  /** Why it was once unknown, where it was. */
  unknownBecause: string | null;
  providerMessageId: string | null;
  /** What its refusal was, where it was one. */
  refusal: { readonly class: string; readonly scope: string | null; readonly code: string } | null;
  /** When its call first had an outcome: milliseconds since 1970 by the store's clock. */
  endedAt: number | null;
}

/** What one message's stream says, in the checker's own reading of docs/EVENTS.md and docs/messages.md. */
export interface Story {
  readonly id: string;
  readonly queued: LogEvent;
  readonly order: Fields;
  readonly attempts: Attempt[];
  status: string;
  final: boolean;
  tier: string;
  amount: string;
  charge: string;
  errorCode: string | null;
  /** When it first was final: milliseconds since 1970 by the store's clock. */
  endedAt: number | null;
  dispatchedAt: string | null;
  deliveredAt: string | null;
  revision: bigint;
}

export interface Tale {
  /** Null: nothing but abandoned requests. */
  readonly story: Story | null;
  /** What is against the rules, in words. */
  readonly broken: string[];
}

const FINAL = new Set(['delivered', 'failed', 'expired', 'cancelled']);

/** Tells a message's life from its events in order. */
export function tell(events: readonly LogEvent[]): Tale {
  const broken: string[] = [];
  let story: Story | null = null;
  for (const event of events) {
    if (event.type === 'MessageAbandoned') {
      if (story !== null) broken.push('abandoned after it was queued');
    } else if (event.type === 'MessageQueued') {
      if (story !== null) broken.push('queued twice');
      else story = begin(event);
    } else if (story === null) broken.push(`${event.type} before it was queued`);
    else {
      goOn(story, event, broken);
      if (isFinal(story)) story.endedAt ??= event.storedAt;
    }
  }
  return { story, broken };
}

function begin(queued: LogEvent): Story {
  const order = queued.data;
  const quote = order['quote'] as Fields;
  return {
    id: text(order['messageId']),
    queued,
    order,
    attempts: [],
    status: 'queued',
    final: false,
    tier: text(quote['tier']),
    amount: text(quote['amount']),
    charge: 'reserved',
    errorCode: null,
    endedAt: null,
    dispatchedAt: null,
    deliveredAt: null,
    revision: queued.revision,
  };
}

function goOn(story: Story, { type, data, metadata, revision, storedAt }: LogEvent, broken: string[]): void {
  story.revision = revision;
  const nothingFollows = story.status === 'delivered' || story.status === 'cancelled';
  if (nothingFollows) broken.push(`${type} after ${story.status}`);
  const lifts = type === 'MessageDelivered';
  if (story.final && !nothingFollows && !lifts) broken.push(`${type} after its end as ${story.status}`);
  const attempt = story.attempts[Number(data['attempt']) - 1];
  switch (type) {
    case 'DispatchStarted':
      claim(story, data, broken);
      return;
    case 'MessageRerouted':
      Object.assign(story, { tier: text(data['toTier']), amount: text(data['amount']) });
      return;
    case 'MessageDispatched':
      if (attempt === undefined || attempt.result === 'accepted' || attempt.result === 'refused')
        return void broken.push(`accepted without a call that awaits it (attempt ${Number(data['attempt'])})`);
      Object.assign(attempt, { result: 'accepted', providerMessageId: text(data['providerMessageId']) });
      attempt.endedAt ??= storedAt;
      if (text(data['amount']) !== priceAt(story, attempt.tier))
        broken.push(`accepted at ${text(data['amount'])}, which is not the price of ${attempt.tier}`);
      Object.assign(story, { status: 'dispatched', tier: attempt.tier, amount: text(data['amount']), errorCode: null });
      story.charge = story.order['onUnknown'] === 'never_twice' ? 'charged' : 'reserved';
      story.dispatchedAt ??= text(metadata['at']);
      return;
    case 'DispatchFailed':
      if (attempt === undefined) return void broken.push('refused without a call');
      attempt.result = 'refused';
      attempt.refusal = { class: text(data['class']), scope: text(data['scope']) || null, code: text(data['code']) };
      attempt.endedAt ??= storedAt;
      return;
    case 'MessageOutcomeUnknown':
      if (attempt === undefined) return void broken.push('unknown without a call');
      if (data['reason'] !== 'no_report') {
        if (attempt.result !== 'open') broken.push(`unknown although the call had ended as ${attempt.result}`);
        Object.assign(attempt, { result: 'unknown', unknownBecause: text(data['reason']), endedAt: storedAt });
      }
      Object.assign(story, { status: 'unknown', final: data['final'] === true, tier: text(data['tier']) });
      return ended(story, data);
    case 'MessageDelivered':
      if (attempt === undefined) return void broken.push('delivered without a call');
      Object.assign(story, { status: 'delivered', final: true, tier: text(data['tier']), errorCode: null });
      story.deliveredAt = text(data['reportedAt']);
      if (story.order['onUnknown'] === 'prefer_delivery') story.amount = priceAt(story, story.tier) ?? story.amount;
      return ended(story, data);
    case 'MessageFailed':
      Object.assign(story, { status: 'failed', final: true, errorCode: text(data['code']) });
      story.tier = text(data['tier']) || story.tier;
      return ended(story, data);
    case 'MessageExpired':
      Object.assign(story, { status: 'expired', final: true, errorCode: 'expired' });
      if (story.attempts.some(({ result }) => result === 'accepted')) broken.push('expired although it was accepted');
      return ended(story, data);
    case 'MessageCancelled':
      Object.assign(story, { status: 'cancelled', final: true });
      return ended(story, data);
    default:
      broken.push(`an event of a kind that is not known: ${type}`);
  }
}

/** Only where no provider may have it: that is what keeps a second copy from being sent. */
function claim(story: Story, data: Fields, broken: string[]): void {
  const number = Number(data['attempt']);
  if (number !== story.attempts.length + 1) broken.push(`attempt ${number} follows ${story.attempts.length}`);
  const may = story.attempts.filter(({ result }) => result !== 'refused');
  const again = story.order['onUnknown'] === 'prefer_delivery' && may.every(({ result }) => result === 'unknown');
  if (may.length > 0 && !again) broken.push(`called again while a provider may have it (attempt ${number})`);
  story.attempts.push({
    number,
    tier: text(data['tier']),
    provider: text(data['provider']),
    startedAt: Date.parse(text(data['startedAt'])),
    deadlineMs: Number(data['deadlineMs']),
    result: 'open',
    unknownBecause: null,
    providerMessageId: null,
    refusal: null,
    endedAt: null,
  });
}

function ended(story: Story, data: Fields): void {
  story.charge = text(data['charge']);
  if (story.charge === 'released') story.amount = '0';
}

export function priceAt(story: Story, tier: string): string | undefined {
  return text((story.order['prices'] as Fields)[tier]) || undefined;
}

export const isFinal = ({ status, final }: Story): boolean => FINAL.has(status) || (status === 'unknown' && final);
