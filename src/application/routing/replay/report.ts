import { isLive } from '../../../domain/message/state';
import type { Tier } from '../../../domain/routing/tiers';
import type { Mode } from '../../../domain/shared/event';
import { addMoney, ZERO, type Money } from '../../../domain/shared/money';
import { recordedOutcome, replayedOutcome, type Outcome } from './outcome';
import type { ReplayedMove } from './courses';
import type { ReplayedMessage, ReplayWindow } from './replayed-message';
import type { ReplaySettings } from './settings';

export interface ChangedChoice {
  readonly messageId: string;
  readonly at: string;
  readonly from: Tier;
  /** Null: it would have been refused, since every tier costs more than the customer allows. */
  readonly to: Tier | null;
  readonly recorded: Outcome;
  readonly replayed: Outcome;
}

/** What a tier delivered of what its provider accepted in the window. */
export interface DeliveryRate {
  readonly mode: Mode;
  readonly tier: Tier;
  readonly accepted: number;
  readonly delivered: number;
}

export interface Totals {
  readonly cost: Money;
  /** Messages; with parts of one where estimates are in it. */
  readonly delivered: number;
}

export interface ReplayReport {
  readonly window: ReplayWindow;
  readonly settings: ReplaySettings;
  readonly messages: number;
  readonly changes: readonly ChangedChoice[];
  readonly recorded: Totals;
  readonly replayed: Totals;
  /** Of the changed ones, those whose new tier never had the message, and how many of these nothing can be said of. */
  readonly estimates: { readonly messages: number; readonly unknown: number; readonly cost: Money };
  readonly rates: readonly DeliveryRate[];
  readonly moves: readonly ReplayedMove[];
  readonly cannotTell: {
    /** How their tiers stood was not noted. */
    readonly notNoted: number;
    /** A half-open tier took part: which message was its trial is taken from the note, and would be drawn anew. */
    readonly byTrial: number;
    /** Without an end when the log was read. */
    readonly open: number;
  };
}

export function reportOf(found: {
  readonly window: ReplayWindow;
  readonly settings: ReplaySettings;
  readonly messages: readonly ReplayedMessage[];
  readonly moves: readonly ReplayedMove[];
}): ReplayReport {
  const rates = ratesOf(found.messages);
  const changes: ChangedChoice[] = [];
  let [recorded, replayed]: [Totals, Totals] = [NOTHING, NOTHING];
  let estimates: ReplayReport['estimates'] = { messages: 0, unknown: 0, cost: ZERO };
  for (const message of found.messages) {
    const { state, deliveredAt, choice, messageId, at } = message;
    if (!isLive(state)) continue;
    const was = recordedOutcome(state, deliveredAt, null);
    const isChanged = choice.replayed !== choice.recorded;
    const is = isChanged
      ? changedOutcome(message, rates)
      : recordedOutcome(state, deliveredAt, isPriced(found.settings) ? choice.priceAt : null);
    [recorded, replayed] = [plus(recorded, was), plus(replayed, is)];
    if (!isChanged) continue;
    changes.push({ messageId, at, from: choice.recorded, to: choice.replayed, recorded: was, replayed: is });
    if (!is.isEstimate) continue;
    const unknown = estimates.unknown + (is.delivered === null ? 1 : 0);
    estimates = { messages: estimates.messages + 1, unknown, cost: addMoney(estimates.cost, is.cost) };
  }
  const { window, settings, moves, messages } = found;
  return {
    window,
    settings,
    messages: messages.length,
    changes,
    recorded,
    replayed,
    estimates,
    rates,
    moves,
    cannotTell: {
      notNoted: messages.filter(({ choice }) => choice.isGuessed).length,
      byTrial: messages.filter(({ choice }) => choice.isByTrial).length,
      open: messages.filter(({ state }) => isLive(state) && OPEN.has(state.status)).length,
    },
  };
}

const NOTHING: Totals = { cost: ZERO, delivered: 0 };
const OPEN: ReadonlySet<string> = new Set(['scheduled', 'queued', 'claimed', 'dispatched']);

const plus = (sum: Totals, { cost, delivered }: Outcome): Totals => ({
  cost: addMoney(sum.cost, cost),
  delivered: sum.delivered + (delivered ?? 0),
});

const isPriced = ({ prices }: ReplaySettings): boolean => Object.keys(prices).length > 0;

function changedOutcome({ state, deliveredAt, choice }: ReplayedMessage, rates: readonly DeliveryRate[]): Outcome {
  const { replayed: tier, priceAt } = choice;
  if (!isLive(state) || tier === null) return { cost: ZERO, delivered: 0, isEstimate: false };
  const known = rates.find((one) => one.tier === tier && one.mode === state.order.mode);
  const rate = known === undefined || known.accepted === 0 ? null : known.delivered / known.accepted;
  return replayedOutcome(state, { deliveredAt, tier, priceAt, rate });
}

/** Of messages that have ended, so that one still under way does not count against its tier. */
function ratesOf(messages: readonly ReplayedMessage[]): DeliveryRate[] {
  const rates = new Map<string, DeliveryRate>();
  for (const { state, deliveredAt } of messages) {
    if (!isLive(state) || OPEN.has(state.status)) continue;
    const { mode } = state.order;
    for (const { tier, providerMessageId } of state.attempts) {
      if (providerMessageId === null) continue;
      const before = rates.get(`${mode} ${tier}`) ?? { mode, tier, accepted: 0, delivered: 0 };
      const delivered = before.delivered + (deliveredAt === tier ? 1 : 0);
      rates.set(`${mode} ${tier}`, { ...before, accepted: before.accepted + 1, delivered });
    }
  }
  return [...rates].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rate]) => rate);
}
