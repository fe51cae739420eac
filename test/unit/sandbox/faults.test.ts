import { parseSettings } from '../../../src/infrastructure/embedded/sandbox/faults/parse-settings';
import { FaultSelector } from '../../../src/infrastructure/embedded/sandbox/faults/selection';
import { NO_FAULTS, type FaultSettings } from '../../../src/infrastructure/embedded/sandbox/faults/settings';

const parse = (patch: unknown, current: FaultSettings = NO_FAULTS) =>
  parseSettings(patch, current, (code) => code === 407 || code === '407');
const fields = (patch: unknown) => {
  const parsed = parse(patch);
  return 'errors' in parsed ? parsed.errors.map((error) => error.field) : [];
};
const settings = (patch: unknown, current?: FaultSettings): FaultSettings => {
  const parsed = parse(patch, current);
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors));
  return parsed.settings;
};

describe('reading switches', () => {
  it('changes what is named and keeps the rest, in `report` too', () => {
    const first = settings({ outage: '503', share: 0.5, report: { copies: 3 } });
    const second = settings({ latency_ms: 20, report: { reorder: true } }, first);
    expect(second).toEqual({
      ...NO_FAULTS,
      outage: '503',
      share: 0.5,
      latency_ms: 20,
      report: { ...NO_FAULTS.report, copies: 3, reorder: true },
    });
    expect(NO_FAULTS.report.copies).toBe(1);
  });

  it('takes null as the default', () => {
    const changed = settings({ outage: 'reset', retry_after_s: 3, errors: [{ code: 407 }], report: { copies: 2 } });
    expect(settings({ outage: null, retry_after_s: null, errors: null, report: null }, changed)).toEqual(NO_FAULTS);
  });

  it('names every unknown field and bad value at once', () => {
    expect(
      fields({
        share: 2,
        outage: 'maybe',
        hang: true,
        latency_ms: -1,
        errors: [{ code: 999, share: 1 }, { code: 407, share: 'x', extra: 1 }, 4, { code: 407, from: '<b>' }],
        answer: 'xml',
        retry_after_s: 0.5,
        bogus: 1,
        toString: 1,
        report: { outcome: 'lost', reason: '<b>', delay_ms: '5', copies: 0, id_radix: 8, also: 1 },
      }).sort(),
    ).toEqual(
      [
        'share',
        'outage',
        'hang',
        'latency_ms',
        'errors[0].code',
        'errors[1].share',
        'errors[1].extra',
        'errors[2]',
        'errors[3].from',
        'answer',
        'retry_after_s',
        'bogus',
        'toString',
        'report.outcome',
        'report.reason',
        'report.delay_ms',
        'report.copies',
        'report.id_radix',
        'report.also',
      ].sort(),
    );
  });

  it.each([[null], [[]], ['x'], [3]])('refuses %j as a body', (body) => {
    expect(fields(body)).toEqual(['']);
  });

  it('refuses errors that add up to more than every message', () => {
    expect(
      fields({
        errors: [
          { code: 407, share: 0.6 },
          { code: '407', share: 0.5 },
        ],
      }),
    ).toEqual(['errors']);
  });
});

describe('choosing the requests concerned', () => {
  const hits = (share: number, requests: number): number => {
    const selector = new FaultSelector();
    selector.change({ ...NO_FAULTS, share, outage: '503' });
    return Array.from({ length: requests }, () => selector.next()).filter((active) => active.outage === '503').length;
  };

  it.each([
    [0, 0],
    [0.1, 10],
    [0.25, 25],
    [0.5, 50],
    [1, 100],
  ])('with share %d concerns %d of 100', (share, expected) => {
    expect(hits(share, 100)).toBe(expected);
  });

  it('spreads several errors by their shares and leaves the rest alone', () => {
    const selector = new FaultSelector();
    const errors = [
      { code: 407, share: 0.5 },
      { code: 500, share: 0.3 },
    ];
    selector.change({ ...NO_FAULTS, errors });
    const codes = Array.from({ length: 100 }, () => selector.nextError(selector.next(), 'WAHT')?.code ?? 'none');
    const count = (code: string | number) => codes.filter((entry) => entry === code).length;
    // Where two fall due at once, one waits for the next message, so the last may still be waiting.
    expect(count(407)).toBe(50);
    expect([29, 30]).toContain(count(500));
    expect(count(407) + count(500) + count('none')).toBe(100);
  });

  it('gives an error that names a sender to messages of that sender only', () => {
    const selector = new FaultSelector();
    selector.change({ ...NO_FAULTS, errors: [{ code: 407, share: 1, from: 'SHOP' }] });
    const codes = ['WAHT', 'SHOP', 'WAHT'].map((from) => selector.nextError(selector.next(), from)?.code ?? 'none');
    expect(codes).toEqual(['none', 407, 'none']);
  });

  it('gives no error to a request that is not concerned', () => {
    const selector = new FaultSelector();
    selector.change({ ...NO_FAULTS, share: 0, errors: [{ code: 407, share: 1 }] });
    expect(selector.nextError(selector.next(), 'WAHT')).toBeNull();
  });
});
