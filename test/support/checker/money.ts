import { type Evidence, group } from './evidence';
import type { Findings } from './findings';
import { type LogEvent, text } from './log';
import { priceAt, type Story } from './message-story';
import type { Hold, WalletStory } from './wallet-story';

/** Each wallet by itself, and each message's money against its story. */
export function checkMoney(evidence: Evidence, findings: Findings): void {
  const { wallets, stories } = evidence;
  const holds = [...wallets.values()].flatMap((wallet) => [...wallet.holds.values()].map((hold) => ({ wallet, hold })));
  const byMessage = group(holds, ({ hold }) => hold.message);
  for (const wallet of wallets.values()) {
    findings.saw('wallets');
    for (const { rule, what } of wallet.broken) findings.expect(false, rule, () => what);
    findings.expect(wallet.held === 0n, 'I7', () => `${wallet.stream}: ${wallet.held} are still held at the end`);
  }
  findings.saw('reservations', holds.length);
  for (const [id, of] of byMessage) {
    const story = stories.get(id);
    const own = of.filter(({ hold }) => hold.id === story?.order['reservationId']);
    for (const { hold } of of) if (!own.some((one) => one.hold === hold)) checkLost(hold, story, evidence, findings);
    if (story === undefined) continue;
    const debits = of.filter(({ hold }) => hold.end?.type === 'WalletDebited');
    findings.expect(debits.length <= 1, 'one charge', () => `${id} was charged ${debits.length} times`);
  }
  for (const story of stories.values()) {
    const own = (byMessage.get(story.id) ?? []).find(({ hold }) => hold.id === story.order['reservationId']);
    findings.expect(own !== undefined, 'I14', () => `${story.id} names a reservation that is in no wallet`);
    if (own !== undefined) checkOwn(story, own.hold, own.wallet, findings);
  }
}

/** The reservation that a message names: taken from the right wallet, before it, and ended as the message ended. */
function checkOwn(story: Story, hold: Hold, wallet: WalletStory, findings: Findings): void {
  const { id, order, queued, charge } = story;
  const stream = `wallet-${text(order['customerId'])}${order['mode'] === 'test' ? '.test' : ''}`;
  findings.expect(wallet.stream === stream, 'I14', () => `${id} is paid by ${wallet.stream}`);
  findings.expect(hold.event.commit < queued.commit, 'I14', () => `${id} was queued before its money was reserved`);
  const { end } = hold;
  if (end === null) return;
  const expected = charge === 'charged' ? 'WalletDebited' : 'FundsReleased';
  findings.expect(
    end.type === expected,
    'one charge',
    () => `${id} is ${charge}, its reservation ended as ${end.type}`,
  );
  if (end.type !== 'WalletDebited') return;
  findings.saw('charges');
  const carriers = story.attempts.filter(({ result, tier }) => result === 'accepted' || tier === story.tier);
  const prices = carriers.map(({ tier }) => priceAt(story, tier));
  const fits = prices.includes(text(end.data['amount'])) && text(end.data['amount']) === story.amount;
  findings.expect(
    fits,
    'one charge',
    () => `${id} was charged ${text(end.data['amount'])}, agreed was ${story.amount}`,
  );
}

/** A reservation that no message names goes back, and only after no message can name it any more. */
function checkLost(hold: Hold, story: Story | undefined, { byStream }: Evidence, findings: Findings): void {
  const { end, id, message } = hold;
  findings.saw('reservations of lost requests');
  findings.expect(
    end?.type !== 'WalletDebited',
    'one charge',
    () => `${id} was charged, and ${message} does not name it`,
  );
  if (end?.type !== 'FundsReleased') return;
  const closedBy = (event: LogEvent): boolean =>
    (event.type === 'MessageAbandoned' && text(event.data['reservationId']) === id) || event === story?.queued;
  const closed = (byStream.get(`message-${message}`) ?? []).find(closedBy);
  findings.expect(
    closed !== undefined && closed.commit < end.commit,
    'I14',
    () => `${id} went back (${text(end.data['reason'])}) before ${message} was closed to it`,
  );
}
