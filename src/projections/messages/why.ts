import type { RecordedEvent } from '../../application/ports/event-store';
import type { ConsideredTier, MessageWhy, PriceRule, WhyAttempt } from '../../application/ports/message-why';
import type { MessageEvent, MessageQueued, MessageScheduled } from '../../domain/message/events';
import { isWithin } from '../../domain/message/quote';
import { ticketOf } from '../../domain/routing/circuit';
import type { Tier } from '../../domain/routing/tiers';
import { verdictOn } from '../../domain/routing/verdict';
import { money, parseMoney, toKesNumber, type MoneyString } from '../../domain/shared/money';
import { eventOf } from '../shared/event-of';
import { foldMessage, type MessageRow } from './message-row';
import { attemptsOf } from './why-attempts';

const kes = (amount: MoneyString): number => toKesNumber(parseMoney(amount));

/** What was ordered, as the message's first visible event tells it. */
export type Ordered = MessageQueued['data'] | MessageScheduled['data'];

/**
 * From a message's own events alone, as its customer may know it: tiers, never the names of our accounts, no score, no signal
 * and no cost of ours. Null: no such message.
 */
export function whyOf(events: readonly RecordedEvent[]): MessageWhy | null {
  const row = events.reduce(foldMessage, null);
  const accepted = acceptedIn(events);
  if (row === null || accepted === null) return null;
  const { ordered, at } = accepted;
  const attempts = attemptsOf(events);
  return {
    message_id: row.message_id,
    status: row.status,
    final: row.final,
    outcome: { code: row.error?.code ?? row.status, text: outcomeText(row, attempts) },
    considered_at: at,
    tiers: ordered.candidates.map((tier) => considered(ordered, tier)),
    price: priceRule(row, ordered),
    attempts,
  };
}

/** The order, and when it was accepted. Null: it never was. */
export function acceptedIn(events: readonly RecordedEvent[]): { ordered: Ordered; at: string } | null {
  for (const recorded of events) {
    const event = eventOf<MessageEvent>(recorded);
    if (event.type !== 'MessageQueued' && event.type !== 'MessageScheduled') continue;
    return { ordered: event.data, at: recorded.metadata.at };
  }
  return null;
}

function considered({ messageId, routing, prices, quote, maxCost }: Ordered, tier: Tier): ConsideredTier {
  const price = parseMoney(prices[tier] ?? '0');
  const isPicked = tier === quote.tier;
  const isAffordable = isWithin(price, maxCost === null ? null : parseMoney(maxCost));
  const standing = routing?.[tier];
  const verdict =
    routing === null
      ? isPicked
        ? 'picked'
        : null
      : verdictOn(standing, { isPicked, isAffordable, ticket: ticketOf(messageId) });
  return {
    provider: tier,
    health: standing?.health ?? null,
    share_percent: standing?.share ?? null,
    cost_kes: toKesNumber(price),
    verdict,
  };
}

function priceRule(row: MessageRow, { priceListId, priceListVersion, network, prices, segments }: Ordered): PriceRule {
  const whole = parseMoney(prices[row.tier] ?? '0');
  return {
    price_list_id: priceListId,
    price_list_version: priceListVersion,
    provider: row.tier,
    network,
    per_segment_kes: toKesNumber(money(whole / BigInt(Math.max(1, segments)))),
    segments,
    cost_kes: kes(row.amount),
    charge: row.charge,
  };
}

function outcomeText(row: MessageRow, attempts: readonly WhyAttempt[]): string {
  const before = attempts.findLast(({ provider, outcome }) => provider !== row.tier && outcome !== 'under_way');
  const rerouted = attempts.findLast((one) => one.provider === row.tier && one.rerouted_because !== null);
  if (rerouted === undefined) return ending(row, attempts);
  const why = before === undefined ? WORDS[rerouted.rerouted_because ?? ''] : `${before.provider}: ${saidOf(before)}`;
  return `${ending(row, attempts)} It was not the tier picked at accept (${why ?? 'it took no message then'}).`;
}

const WORDS: Readonly<Record<string, string | undefined>> = {
  tier_unavailable: 'that took no message then',
  cheaper_tier: 'another was cheaper',
};

const saidOf = ({ outcome, code, reason }: WhyAttempt): string => reason ?? code ?? outcome;

function ending(row: MessageRow, attempts: readonly WhyAttempt[]): string {
  switch (row.status) {
    case 'scheduled':
      return `It waits for its time, ${row.send_at ?? ''}.`;
    case 'queued':
      if (attempts.at(-1)?.outcome === 'under_way') return `It is being handed to ${attempts.at(-1)?.provider ?? ''}.`;
      return attempts.length === 0
        ? 'It was accepted; no provider has it yet.'
        : 'No provider has it; it is tried again when a tier takes it.';
    case 'dispatched':
      return `${row.tier} accepted it; the report is awaited.`;
    case 'unknown':
      if (!row.final) return `${row.tier} may have it: the call ended without an answer that says.`;
      return row.charge === 'charged'
        ? `${row.tier} accepted it, and no report came in time.`
        : 'Whether a provider has it was never known; its money was given back.';
    case 'delivered':
    case 'read':
      return `${row.tier} delivered it.`;
    case 'failed':
    case 'expired':
      return sentence(row.error?.message ?? 'It failed.');
    case 'cancelled':
      return 'It was taken back before any attempt had begun.';
    case 'received':
      return 'It came in.';
  }
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
