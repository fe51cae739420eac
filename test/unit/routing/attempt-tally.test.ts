import { AttemptTally } from '../../../src/application/routing/replay/attempt-tally';
import type { RecordedEvent } from '../../../src/application/ports/event-store';
import { countsOfAll } from '../../../src/domain/routing/breakdown';
import { DEFAULT_THRESHOLDS } from '../../../src/domain/routing/move';
import { scoreOf } from '../../../src/domain/routing/score';
import { messageEvents, queued } from '../../support/message-events';
import { TestLog } from '../../support/projection-spec';

const BEGAN = Date.parse('2026-11-22T06:00:00.000Z');
const MINUTE_MS = 60_000;
const A_MINUTE = 30;

describe('what had been counted of a provider', () => {
  let tally: AttemptTally;
  let log: TestLog;
  let n = 0;
  beforeEach(() => {
    tally = new AttemptTally();
    log = new TestLog();
  });

  /** Accepted in this minute, and reported at once. */
  function send(minute: number, delivered: boolean): void {
    const one = messageEvents(++n);
    const atMs = BEGAN + minute * MINUTE_MS;
    const at = new Date(atMs).toISOString();
    const report = delivered ? one.delivered() : one.failed({ code: 'delivery_failed', permanent: false });
    for (const event of [queued(n), one.started(), one.dispatched(), report]) {
      const recorded: RecordedEvent = log.append(one.stream, {
        ...event,
        data: { ...event.data, ...timesOf(event, at) },
      });
      tally.note({ ...recorded, metadata: { ...recorded.metadata, customerId: `cus_${n % 3}`, at } });
    }
  }
  const timesOf = ({ type }: { type: string }, at: string) => {
    if (type === 'DispatchStarted') return { startedAt: at };
    return type === 'MessageDelivered' ? { reportedAt: at } : {};
  };
  const minutes = (from: number, to: number, delivered: boolean): void => {
    for (let minute = from; minute < to; minute++) for (let i = 0; i < A_MINUTE; i++) send(minute, delivered);
  };
  const scoreAt = (minute: number): number => {
    const nowMs = BEGAN + minute * MINUTE_MS;
    const span = { nowMinute: nowMs / MINUTE_MS, sinceMinute: 0 };
    const counts = countsOfAll(tally.at('sim-tier_1', nowMs), span);
    return scoreOf({ ...counts, reportsSilentEverywhere: false }).value ?? Number.NaN;
  };

  it('tells within six minutes that receipts have turned, three minutes after the first message ever', () => {
    minutes(0, 3, true);
    expect(scoreAt(3)).toBe(100);
    minutes(3, 10, false);
    expect(scoreAt(5)).toBe(100);
    expect(scoreAt(9)).toBeLessThan(DEFAULT_THRESHOLDS.degradeUnder);
  });

  it('does not make a provider worse that never delivered more', () => {
    for (let minute = 0; minute < 60; minute++) {
      minutes(minute, minute + 1, true);
      minutes(minute, minute + 1, false);
    }
    expect(scoreAt(60)).toBeGreaterThan(95);
  });
});
