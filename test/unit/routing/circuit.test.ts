import {
  afterAttempt,
  atTime,
  closedCircuit,
  FAILURES_TO_OPEN,
  FIRST_COOLDOWN_MS,
  giveBackTrial,
  LONGEST_COOLDOWN_MS,
  permits,
  takeTrial,
  type Circuit,
  type Sign,
} from '../../../src/domain/routing/circuit';

const attempt = (circuit: Circuit, sign: Sign, nowMs = 0, customerId = 'cus_1', code = 'x'): Circuit =>
  afterAttempt(circuit, { sign, customerId, code, nowMs });
const attempts = (circuit: Circuit, signs: readonly Sign[], customerId = 'cus_1'): Circuit =>
  signs.reduce((before, sign) => attempt(before, sign, 0, customerId), circuit);
const outages = (n: number): Sign[] => Array.from({ length: n }, () => 'outage');
const open = attempts(closedCircuit, outages(FAILURES_TO_OPEN));
const halfOpen = atTime(open, FIRST_COOLDOWN_MS);

describe('a closed circuit', () => {
  it('opens after five failures in a row', () => {
    expect(attempts(closedCircuit, outages(4)).phase).toBe('closed');
    expect(open).toMatchObject({ phase: 'open', failuresInRow: 5, untilMs: FIRST_COOLDOWN_MS });
  });
  it('begins to count anew after a sign of life', () => {
    expect(attempts(closedCircuit, [...outages(4), 'alive', ...outages(4)]).phase).toBe('closed');
  });
  it('does not count what says nothing about the provider', () => {
    expect(attempts(closedCircuit, [...outages(4), 'neutral']).phase).toBe('closed');
    expect(attempts(closedCircuit, [...outages(4), 'neutral', 'outage']).phase).toBe('open');
  });
  it('opens at once when the account is shut', () => expect(attempt(closedCircuit, 'account').phase).toBe('open'));
  it('wants failures of two customers where there are two', () => {
    const two = attempt(attempt(closedCircuit, 'alive', 0, 'cus_2'), 'alive', 0, 'cus_1');
    const one = attempts(two, outages(20), 'cus_1');
    expect(one.phase).toBe('closed');
    expect(attempt(one, 'outage', 0, 'cus_2').phase).toBe('open');
  });
  it('does not wait for a customer that has gone', () => {
    const two = attempt(closedCircuit, 'alive', 0, 'cus_2');
    const later = Array.from({ length: 5 }).reduce<Circuit>((before) => attempt(before, 'outage', 300_001), two);
    expect(later.phase).toBe('open');
  });
});

describe('an open circuit', () => {
  it('lets nothing through until its cool-down is over', () => {
    expect(permits(atTime(open, FIRST_COOLDOWN_MS - 1), FIRST_COOLDOWN_MS - 1, false)).toBe(false);
    expect(permits(halfOpen, FIRST_COOLDOWN_MS, false)).toBe(true);
  });
  it('is not moved by calls that were under way when it opened', () => {
    expect(attempt(open, 'outage', 10)).toMatchObject({ phase: 'open', untilMs: open.untilMs });
    expect(attempt(open, 'alive', 10).phase).toBe('open');
    expect(attempt(open, 'account', 10)).toMatchObject({ untilMs: open.untilMs });
  });
});

describe('a half-open circuit', () => {
  const now = FIRST_COOLDOWN_MS;
  it('lets one message through at a time, and none that has failed over', () => {
    expect(permits(halfOpen, now, true)).toBe(false);
    const out = takeTrial(halfOpen, now + 100);
    expect(permits(out, now, false)).toBe(false);
    expect(permits(giveBackTrial(out), now, false)).toBe(true);
    expect(permits(out, now + 100, false)).toBe(true);
  });
  it('closes at the first success', () => {
    expect(attempt(takeTrial(halfOpen, now + 100), 'alive', now)).toMatchObject({ phase: 'closed', failuresInRow: 0 });
  });
  it('opens again at a failure, for twice as long, up to fifteen minutes', () => {
    let circuit = halfOpen;
    let nowMs = now;
    const cooldowns: number[] = [];
    for (let i = 0; i < 8; i++) {
      circuit = attempt(circuit, 'outage', nowMs);
      expect(circuit.phase).toBe('open');
      cooldowns.push(circuit.untilMs - nowMs);
      nowMs = circuit.untilMs;
      circuit = atTime(circuit, nowMs);
    }
    expect(cooldowns.slice(0, 3)).toEqual([30_000, 60_000, 120_000]);
    expect(cooldowns.at(-1)).toBe(LONGEST_COOLDOWN_MS);
    expect(attempt(circuit, 'alive', nowMs).cooldownMs).toBe(FIRST_COOLDOWN_MS);
  });
});
