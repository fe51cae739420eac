import { type Fields, type LogEvent, text } from './log';

export interface Hold {
  readonly id: string;
  readonly message: string;
  readonly event: LogEvent;
  amount: bigint;
  /** How it ended; null while it is open. */
  end: LogEvent | null;
}

export interface Line {
  readonly revision: bigint;
  readonly eventId: string;
  readonly kind: string;
  readonly amount: bigint;
  readonly balance: bigint;
  readonly reference: string;
  readonly message: string | null;
  readonly at: string;
}

/** One wallet's stream, recomputed. Amounts: 1/10 000 KES. */
export interface WalletStory {
  readonly stream: string;
  credited: bigint;
  debited: bigint;
  held: bigint;
  /** The least that was ever available, at any prefix of the stream. */
  lowest: bigint;
  /** Of the last event that moves money or opens the wallet. */
  revision: bigint;
  readonly holds: Map<string, Hold>;
  readonly credits: Map<string, LogEvent>;
  readonly lines: Line[];
  readonly broken: { readonly rule: string; readonly what: string }[];
}

const WHOLE = /^(0|[1-9]\d*)$/;

/** Tells a wallet's life from its events in order, and notes each invariant that a prefix of it breaks. */
export function tellWallet(stream: string, events: readonly LogEvent[]): WalletStory {
  const story: WalletStory = {
    stream,
    credited: 0n,
    debited: 0n,
    held: 0n,
    lowest: 0n,
    revision: -1n,
    holds: new Map(),
    credits: new Map(),
    lines: [],
    broken: [],
  };
  for (const event of events) {
    if (event.type === 'LowBalanceReached') continue;
    story.revision = event.revision;
    apply(story, event);
    const { credited, debited, held } = story;
    const available = credited - debited - held;
    if (available < story.lowest) story.lowest = available;
    const where = `at revision ${event.revision} of ${stream}`;
    if (credited < 0n || debited < 0n || held < 0n)
      story.broken.push({ rule: 'I2', what: `a negative total ${where}` });
    if (available < 0n) story.broken.push({ rule: 'available', what: `available is ${available} ${where}` });
  }
  let open = 0n;
  for (const hold of story.holds.values()) if (hold.end === null) open += hold.amount;
  if (open !== story.held) story.broken.push({ rule: 'I5', what: `held ${story.held}, open holds ${open}: ${stream}` });
  return story;
}

function apply(story: WalletStory, event: LogEvent): void {
  const { type, data } = event;
  const wrong = (rule: string, what: string): void => {
    story.broken.push({ rule, what: `${what} (${type}, revision ${event.revision} of ${story.stream})` });
  };
  const units = (name: string): bigint => {
    const value = data[name];
    if (typeof value === 'string' && WHOLE.test(value)) return BigInt(value);
    wrong('I12', `${name} is no whole number of units: ${JSON.stringify(value)}`);
    return 0n;
  };
  switch (type) {
    case 'WalletOpened':
      if (event.revision !== 0n) wrong('I2', 'opened twice');
      return;
    case 'WalletCredited': {
      const id = text(data['creditId']);
      if (story.credits.has(id)) wrong('I9', `credited twice: ${id}`);
      story.credits.set(id, event);
      story.credited += units('amount');
      line(story, event, data['source'] === 'adjustment' ? 'adjustment' : 'credit', units('amount'), id);
      return;
    }
    case 'WalletAdjustedDown':
      story.debited += units('amount');
      line(story, event, 'adjustment', -units('amount'), text(data['adjustmentId']));
      return;
    case 'FundsReserved': {
      const id = text(data['reservationId']);
      if (story.holds.has(id)) wrong('I7', `${id} is used again`);
      const amount = units('amount');
      story.holds.set(id, { id, message: text(data['messageId']), event, amount, end: null });
      story.held += amount;
      return;
    }
    case 'ReservationRepriced': {
      const hold = openHold(story, data, wrong);
      if (hold === null) return;
      if (hold.amount !== units('from')) wrong('I5', `repriced from ${units('from')}, it held ${hold.amount}`);
      story.held += units('to') - hold.amount;
      hold.amount = units('to');
      return;
    }
    case 'WalletDebited': {
      const hold = openHold(story, data, wrong);
      if (hold === null) return;
      const spent = units('amount');
      if (spent > hold.amount) wrong('I8', `${spent} debited of ${hold.amount}`);
      if (spent + units('released') !== hold.amount) wrong('I8', 'what is left over was not released with it');
      story.held -= hold.amount;
      story.debited += spent;
      hold.end = event;
      line(story, event, 'debit', -spent, hold.id, hold.message);
      return;
    }
    case 'FundsReleased': {
      const hold = openHold(story, data, wrong);
      if (hold === null) return;
      if (units('amount') !== hold.amount) wrong('I5', `${units('amount')} released of ${hold.amount}`);
      story.held -= hold.amount;
      hold.end = event;
      return;
    }
    default:
      wrong('I12', 'an event of a kind that is not known');
  }
}

function openHold(story: WalletStory, data: Fields, wrong: (rule: string, what: string) => void): Hold | null {
  const id = text(data['reservationId']);
  const hold = story.holds.get(id);
  if (hold === undefined) wrong('I7', `${id} never began`);
  else if (hold.end !== null) wrong('I7', `${id} ended as ${hold.end.type} before`);
  else if (hold.message !== text(data['messageId'])) wrong('I7', `${id} belongs to ${hold.message}`);
  else return hold;
  return null;
}

function line(
  story: WalletStory,
  event: LogEvent,
  kind: string,
  amount: bigint,
  reference: string,
  message: string | null = null,
): void {
  story.lines.push({
    revision: event.revision,
    eventId: event.id,
    kind,
    amount,
    balance: story.credited - story.debited,
    reference,
    message,
    at: text(event.metadata['at']),
  });
}
