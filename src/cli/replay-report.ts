import type { ChangedChoice, ReplayReport } from '../application/routing/replay/report';
import type { ReplaySettings } from '../application/routing/replay/settings';
import { subtractMoney, toKesNumber } from '../domain/shared/money';
import { facts, table } from './output';

/** More are counted and not listed. */
const MOST_LISTED = 1_000;
const MOST_SHOWN = 20;

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** What of the log was read. */
interface Read {
  readonly events: number;
  readonly unreadable: number;
}

export function replayJson(report: ReplayReport, read: Read) {
  const { recorded, replayed, estimates, changes, rates, moves, cannotTell } = report;
  return {
    from: report.window.from,
    to: report.window.to,
    settings: settingsJson(report.settings),
    events_read: read.events,
    messages: report.messages,
    changed: changes.length,
    by_change: byChange(changes),
    cost_kes: {
      recorded: toKesNumber(recorded.cost),
      replayed: toKesNumber(replayed.cost),
      difference: toKesNumber(subtractMoney(replayed.cost, recorded.cost)),
      of_which_estimated: toKesNumber(estimates.cost),
    },
    delivered: {
      recorded: recorded.delivered,
      replayed: rounded(replayed.delivered),
      estimated: estimates.messages,
      without_estimate: estimates.unknown,
    },
    rates: rates.map(({ mode, tier, accepted, delivered }) => ({
      mode,
      provider: tier,
      accepted,
      delivered,
      rate: accepted === 0 ? null : rounded(delivered / accepted),
    })),
    moves,
    not_reproduced: {
      choices: Object.keys(settingsJson(report.settings)).length === 0 ? changes.length : 0,
      moves: moves.filter(({ fate }) => fate === 'not_reproduced').length,
      not_noted: cannotTell.notNoted,
      by_trial: cannotTell.byTrial,
      without_end: cannotTell.open,
      unreadable_events: read.unreadable,
    },
    changes: changes.slice(0, MOST_LISTED).map(changeJson),
    changes_left_off: Math.max(0, changes.length - MOST_LISTED),
  };
}

function settingsJson({ thresholds, prices, order }: ReplaySettings): Record<string, unknown> {
  const { degradeUnder: degrade_under, margin, cooldownSeconds: cooldown } = thresholds;
  const set: Record<string, unknown> = { degrade_under, margin, cooldown };
  for (const [tier, price] of Object.entries(prices)) set[`price.${tier}`] = toKesNumber(price);
  if (order !== null) set['order'] = order;
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}

function byChange(changes: readonly ChangedChoice[]): { from: string; to: string; messages: number }[] {
  const counts = new Map<string, { from: string; to: string; messages: number }>();
  for (const { from, to } of changes) {
    const key = `${from} ${to ?? ''}`;
    const { messages } = counts.get(key) ?? { messages: 0 };
    counts.set(key, { from, to: to ?? 'refused', messages: messages + 1 });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}

const changeJson = ({ messageId, at, from, to, recorded, replayed }: ChangedChoice) => ({
  message_id: messageId,
  at,
  from,
  to: to ?? 'refused',
  cost_kes: toKesNumber(recorded.cost),
  replayed_cost_kes: toKesNumber(replayed.cost),
  delivered: recorded.delivered === 1,
  replayed_delivered: replayed.delivered,
  estimate: replayed.isEstimate,
});

export function replayText(json: ReturnType<typeof replayJson>): string {
  const { cost_kes: cost, delivered, not_reproduced: not } = json;
  const signed = (kes: number): string => `${kes > 0 ? '+' : ''}${kes}`;
  const settings = Object.entries(json.settings).map(([name, value]) => `${name}=${String(value)}`);
  const parts = [
    facts([
      ['window', `${json.from} to ${json.to}`],
      ['settings', settings.length === 0 ? 'as recorded' : settings.join(' ')],
      ['messages', json.messages],
      ['choices that change', json.changed],
      ['cost, KES', `${cost.recorded} recorded, ${cost.replayed} replayed: ${signed(cost.difference)}`],
      ['delivered', `${delivered.recorded} recorded, ${delivered.replayed} replayed`],
      [
        'estimates',
        `${delivered.estimated} messages at a tier that never had them (KES ${cost.of_which_estimated}): taken as accepted ` +
          `there, and delivered at that tier’s own rate in the window; ${delivered.without_estimate} without a rate`,
      ],
    ]),
    table(
      ['tier', 'mode', 'accepted', 'delivered', 'rate'],
      json.rates.map((one) => [one.provider, one.mode, one.accepted, one.delivered, one.rate]),
    ),
  ];
  if (json.moves.length > 0) {
    parts.push(
      table(
        ['move at', 'provider', 'network', 'score', 'why', 'replayed'],
        json.moves.map((one) => [one.at, one.provider, one.network ?? 'all', one.score, one.why, one.fate]),
      ),
    );
  }
  if (json.changes.length > 0) {
    parts.push(
      table(
        ['message', 'accepted', 'from', 'to', 'KES', 'replayed KES', ''],
        json.changes
          .slice(0, MOST_SHOWN)
          .map((one) => [
            ...[one.message_id, one.at, one.from, one.to, one.cost_kes, one.replayed_cost_kes],
            one.estimate ? 'estimate' : '',
          ]),
      ),
    );
    const more = json.changed - Math.min(MOST_SHOWN, json.changes.length);
    if (more > 0) parts.push(`and ${more} more`);
  }
  parts.push(
    facts([
      ['choices not reproduced', not.choices],
      ['moves not reproduced', not.moves],
      ['tiers not noted', `${not.not_noted} messages: told from the providers’ streams alone`],
      ['by trial', `${not.by_trial} messages: which one is a half-open tier’s trial is as recorded, not drawn again`],
      ['without an end yet', not.without_end],
      ['unreadable events', not.unreadable_events],
    ]),
  );
  return parts.join('\n\n');
}
