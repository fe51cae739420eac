import type { DayOfNetwork } from '../../domain/routing/breakdown';
import { emptyTally, type MinuteOfCustomer, type MinuteTally } from '../../domain/routing/window';

export type Counter = keyof MinuteTally;
export const COUNTERS = Object.keys(emptyTally) as Counter[];
/** What the day's rate is made of. */
export const OF_THE_DAY = ['accepted', 'delivered', 'excused'] as const satisfies readonly Counter[];
type DayCounter = (typeof OF_THE_DAY)[number];

export const isOfTheDay = (counter: Counter): counter is DayCounter => OF_THE_DAY.some((one) => one === counter);

/** `customer:network:counter`, and `customer:counter` where the network is not known. No part of it holds a colon. */
export const minuteField = (customerId: string, network: string | null, counter: Counter): string =>
  network === null ? `${customerId}:${counter}` : `${customerId}:${network}:${counter}`;

/** `network:counter`, and `counter` where the network is not known. */
export const hourField = (network: string | null, counter: DayCounter): string =>
  network === null ? counter : `${network}:${counter}`;

/** The counts of one minute's hash, by customer and network. What is no field of ours is passed over. */
export function minuteRows(minute: number, hash: Readonly<Record<string, string>>): MinuteOfCustomer[] {
  const rows = new Map<string, MinuteOfCustomer>();
  for (const [field, value] of Object.entries(hash)) {
    const cut = field.lastIndexOf(':');
    const counter = COUNTERS.find((one) => one === field.slice(cut + 1));
    if (counter === undefined) continue;
    const key = field.slice(0, cut);
    const [customerId = '', network = null] = key.split(':');
    const row = rows.get(key) ?? { ...emptyTally, minute, customerId, network };
    rows.set(key, { ...row, [counter]: Number(value) });
  }
  return [...rows.values()];
}

/** Adds up what a provider delivered in a day, by network. */
export class DayOfProvider {
  private readonly sums = new Map<string | null, Record<DayCounter, number>>();

  addHour(hash: Readonly<Record<string, string>>): void {
    for (const [field, value] of Object.entries(hash)) {
      const cut = field.lastIndexOf(':');
      const counter = OF_THE_DAY.find((one) => one === field.slice(cut + 1));
      if (counter !== undefined) this.sumsOf(cut === -1 ? null : field.slice(0, cut))[counter] += Number(value);
    }
  }

  /** It is what the day is compared with. */
  leaveOut(row: MinuteOfCustomer): void {
    const sums = this.sumsOf(row.network);
    for (const counter of OF_THE_DAY) sums[counter] -= row[counter];
  }

  networks(): DayOfNetwork[] {
    return [...this.sums].flatMap(([network, { accepted, delivered, excused }]) => {
      // What is counted twice or late must not make more deliveries than there were messages.
      const due = Math.max(0, accepted - excused);
      return due === 0 ? [] : [{ network, due, delivered: Math.min(Math.max(0, delivered), due) }];
    });
  }

  private sumsOf(network: string | null): Record<DayCounter, number> {
    let sums = this.sums.get(network);
    if (sums === undefined) {
      sums = { accepted: 0, delivered: 0, excused: 0 };
      this.sums.set(network, sums);
    }
    return sums;
  }
}
