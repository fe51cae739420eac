import type { RecordedEvent } from '../../ports/event-store';
import type { MessageEvent } from '../../../domain/message/events';
import type { Counted, DayOfNetwork } from '../../../domain/routing/breakdown';
import { countsForHealth, isExcused } from '../../../domain/routing/fault';
import { LATE_DELIVERY_MS, SLOW_CALL_MS } from '../../../domain/routing/score';
import { emptyTally, firstOfWindow, type MinuteOfCustomer, type MinuteTally } from '../../../domain/routing/window';
import { assertNever } from '../../../domain/shared/decider';
import { minuteOf } from '../sampling';

const DAY_MINUTES = 24 * 60;

interface Call {
  readonly provider: string;
  readonly customerId: string;
  readonly network: string | null;
  readonly startedAtMs: number;
  isCounted: boolean;
}

/** What had been counted of the providers at each instant, made again from the messages' events in the order of the log. */
export class AttemptTally {
  /** By provider, then minute, then customer and network. */
  private readonly minutes = new Map<string, Map<number, Map<string, MinuteOfCustomer>>>();
  private readonly networks = new Map<string, string | null>();
  private readonly calls = new Map<string, Map<number, Call>>();

  note(recorded: RecordedEvent): void {
    const event = { type: recorded.type, data: recorded.data } as MessageEvent;
    const { messageId } = event.data;
    const atMs = Date.parse(recorded.metadata.at);
    switch (event.type) {
      case 'MessageQueued':
        this.networks.set(messageId, event.data.network);
        return;
      case 'DispatchStarted':
        return this.begin(messageId, event.data, recorded.metadata.customerId ?? '');
      case 'MessageDispatched':
        return this.answered(messageId, event.data.attempt, atMs, { attempts: 1, accepted: 1 });
      case 'DispatchFailed':
        return this.answered(messageId, event.data.attempt, atMs, countsForHealth(event.data) ? { attempts: 1 } : {});
      case 'MessageOutcomeUnknown':
        if (event.data.reason !== 'no_report') {
          this.answered(messageId, event.data.attempt, null, { attempts: 1, timeouts: 1 });
        }
        if (event.data.final) this.forget(messageId);
        return;
      case 'MessageDelivered': {
        const call = this.calls.get(messageId)?.get(event.data.attempt);
        const tookMs = Date.parse(event.data.reportedAt) - (call?.startedAtMs ?? 0);
        if (call !== undefined) this.count(call, { delivered: 1, late: tookMs > LATE_DELIVERY_MS ? 1 : 0 });
        return this.forget(messageId);
      }
      case 'MessageFailed': {
        const { attempt, charge, code, permanent } = event.data;
        const call = attempt === null ? undefined : this.calls.get(messageId)?.get(attempt);
        if (call !== undefined && charge === 'charged' && isExcused(code, permanent)) this.count(call, { excused: 1 });
        return this.forget(messageId);
      }
      case 'MessageExpired':
      case 'MessageCancelled':
        return this.forget(messageId);
      case 'MessageScheduled':
      case 'MessageRescheduled':
      case 'MessageRerouted':
      case 'MessageReceived':
      case 'MessageAbandoned':
        return;
      default:
        return assertNever(event);
    }
  }

  at(provider: string, nowMs: number): Counted {
    const nowMinute = minuteOf(nowMs);
    const rows = this.minutes.get(provider) ?? new Map<number, Map<string, MinuteOfCustomer>>();
    const minutes: MinuteOfCustomer[] = [];
    const sums = new Map<string | null, { due: number; delivered: number }>();
    const dayFrom = (Math.floor(nowMinute / 60) - 23) * 60;
    for (const [minute, customers] of rows) {
      if (minute < nowMinute - DAY_MINUTES) rows.delete(minute);
      if (minute >= firstOfWindow(nowMinute) && minute <= nowMinute) minutes.push(...customers.values());
      if (minute < dayFrom || minute >= firstOfWindow(nowMinute)) continue;
      for (const { network, accepted, excused, delivered } of customers.values()) {
        const sum = sums.get(network) ?? { due: 0, delivered: 0 };
        sums.set(network, { due: sum.due + accepted - excused, delivered: sum.delivered + delivered });
      }
    }
    const day: DayOfNetwork[] = [...sums].map(([network, sum]) => {
      const due = Math.max(0, sum.due);
      return { network, due, delivered: Math.min(due, sum.delivered) };
    });
    return { minutes, day };
  }

  private begin(
    messageId: string,
    { attempt, provider, startedAt }: { attempt: number; provider: string; startedAt: string },
    customerId: string,
  ): void {
    const network = this.networks.get(messageId) ?? null;
    const calls = this.calls.get(messageId) ?? new Map<number, Call>();
    calls.set(attempt, { provider, customerId, network, startedAtMs: Date.parse(startedAt), isCounted: false });
    this.calls.set(messageId, calls);
  }

  /** Only the first outcome of a call counts as one. `atMs`: null where there was no answer. */
  private answered(messageId: string, attempt: number, atMs: number | null, counts: Partial<MinuteTally>): void {
    const call = this.calls.get(messageId)?.get(attempt);
    if (call === undefined) return;
    if (call.isCounted) {
      // A report has settled what had no answer: the provider had accepted it.
      if (counts.accepted === 1) this.count(call, { accepted: 1 });
      return;
    }
    call.isCounted = true;
    const slow = atMs !== null && counts.attempts === 1 && atMs - call.startedAtMs > SLOW_CALL_MS ? 1 : 0;
    this.count(call, { ...counts, slow });
  }

  private count({ provider, customerId, network, startedAtMs }: Call, counts: Partial<MinuteTally>): void {
    const minute = minuteOf(startedAtMs);
    const rows = this.minutes.get(provider) ?? new Map<number, Map<string, MinuteOfCustomer>>();
    this.minutes.set(provider, rows);
    const customers = rows.get(minute) ?? new Map<string, MinuteOfCustomer>();
    rows.set(minute, customers);
    const key = `${customerId} ${network ?? ''}`;
    const before = customers.get(key) ?? { ...emptyTally, minute, customerId, network };
    const sum = { ...before };
    for (const name of Object.keys(emptyTally) as (keyof MinuteTally)[]) sum[name] = before[name] + (counts[name] ?? 0);
    customers.set(key, sum);
  }

  private forget(messageId: string): void {
    this.calls.delete(messageId);
    this.networks.delete(messageId);
  }
}
