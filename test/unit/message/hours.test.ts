import fc from 'fast-check';
import { KENYAN_HOURS, mayGoAt, type Hours } from '../../../src/domain/message/hours';

const DAY_MS = 86_400_000;
const goes = (iso: string, hours: Hours = KENYAN_HOURS): string =>
  new Date(mayGoAt('promotional', hours, Date.parse(iso))).toISOString();

describe('when promotion may go', () => {
  it.each([
    ['just before it begins', '2026-11-29T04:59:59.999Z', '2026-11-29T05:00:00.000Z'],
    ['as it begins', '2026-11-29T05:00:00.000Z', '2026-11-29T05:00:00.000Z'],
    ['at noon', '2026-11-29T09:00:00.000Z', '2026-11-29T09:00:00.000Z'],
    ['just before it ends', '2026-11-29T14:59:59.999Z', '2026-11-29T14:59:59.999Z'],
    ['as it ends', '2026-11-29T15:00:00.000Z', '2026-11-30T05:00:00.000Z'],
    ['just before midnight in Nairobi', '2026-11-29T20:59:59.999Z', '2026-11-30T05:00:00.000Z'],
    ['at midnight in Nairobi', '2026-11-29T21:00:00.000Z', '2026-11-30T05:00:00.000Z'],
    ['at midnight in UTC', '2026-11-30T00:00:00.000Z', '2026-11-30T05:00:00.000Z'],
    ['at the end of a year', '2026-12-31T20:00:00.000Z', '2027-01-01T05:00:00.000Z'],
    ['before a leap day', '2028-02-28T19:00:00.000Z', '2028-02-29T05:00:00.000Z'],
  ])('%s', (_when, asked, expected) => expect(goes(asked)).toBe(expected));

  it('is always where the day has no other hours', () => {
    const always = { fromMinute: 0, toMinute: 1_440 };
    for (const time of ['20:59:59.999', '21:00:00.000', '00:00:00.000']) {
      expect(goes(`2026-11-29T${time}Z`, always)).toBe(`2026-11-29T${time}Z`);
    }
  });

  const hours = fc
    .tuple(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: 1, max: 1_440 }))
    .filter(([fromMinute, toMinute]) => fromMinute < toMinute)
    .map(([fromMinute, toMinute]) => ({ fromMinute, toMinute }));
  const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });

  /** The time of day in Nairobi as the platform knows it, which shares no arithmetic with the rule. */
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Africa/Nairobi', hour: '2-digit', minute: '2-digit' });
  const minuteOf = (ms: number): number => {
    const [hour = 0, minute = 0] = clock.format(ms).split(':').map(Number);
    return hour * 60 + minute;
  };
  const within = (ms: number, { fromMinute, toMinute }: Hours): boolean =>
    minuteOf(ms) >= fromMinute && minuteOf(ms) < toMinute;

  it('is within the hours, the soonest, within a day, and stays what it is', () => {
    fc.assert(
      fc.property(hours, instant, (open, asked) => {
        const ms = mayGoAt('promotional', open, asked);
        expect(within(ms, open)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(asked);
        expect(ms - asked).toBeLessThan(DAY_MS);
        expect(ms === asked).toBe(within(asked, open));
        if (ms !== asked) expect([minuteOf(ms), within(ms - 1, open)]).toEqual([open.fromMinute, false]);
        expect(mayGoAt('promotional', open, ms)).toBe(ms);
      }),
    );
  });

  it('is any time for what is transactional', () => {
    fc.assert(fc.property(hours, instant, (open, ms) => mayGoAt('transactional', open, ms) === ms));
  });
});
