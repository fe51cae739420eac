import {
  afterAttempt,
  atTime,
  closedCircuit,
  FAILURES_TO_OPEN,
  favours,
  FIRST_COOLDOWN_MS,
  giveBackTrial,
  LONGEST_COOLDOWN_MS,
  permits,
  QUIET_STEP_MS,
  shutByScore,
  takeTrial,
  ticketOf,
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
  const successes = (circuit: Circuit, n: number, sign: Sign = 'alive', nowMs = now): Circuit =>
    Array.from({ length: n }).reduce<Circuit>((before) => attempt(before, sign, nowMs), circuit);

  it('gives the traffic back in steps of twenty successes', () => {
    const shares = [halfOpen.sharePercent];
    let circuit = halfOpen;
    for (let i = 0; i < 80; i++) {
      circuit = attempt(takeTrial(circuit, now + 100), 'alive', now);
      if (circuit.sharePercent !== shares.at(-1)) shares.push(circuit.sharePercent);
    }
    expect(shares).toEqual([0, 5, 25, 50, 100]);
    expect(circuit).toMatchObject({ phase: 'closed', failuresInRow: 0 });
  });
  it('goes on a step after five quiet minutes with a success', () => {
    const tried = attempt(halfOpen, 'alive', now);
    expect(atTime(tried, now + QUIET_STEP_MS - 1).phase).toBe('half_open');
    expect(atTime(tried, now + QUIET_STEP_MS)).toMatchObject({ phase: 'returning', sharePercent: 5 });
    expect(atTime(halfOpen, now + 2 * QUIET_STEP_MS).phase).toBe('half_open');
  });
  it('rests for longer after a failure in the first step, and begins a later step anew', () => {
    const first = successes(halfOpen, 20);
    expect(attempt(first, 'outage', now)).toMatchObject({ phase: 'open', untilMs: now + 30_000 });
    const second = successes(first, 30);
    expect(second).toMatchObject({ sharePercent: 25, step: { successes: 10 } });
    const failed = attempt(second, 'outage', now);
    expect(failed).toMatchObject({ phase: 'returning', sharePercent: 25, step: { successes: 0, failures: 1 } });
    const opened = Array.from({ length: 4 }).reduce<Circuit>((before) => attempt(before, 'outage', now), failed);
    expect(opened).toMatchObject({ phase: 'open', untilMs: now + FIRST_COOLDOWN_MS });
  });
  it('favours so many of a hundred messages as its step says', () => {
    const first = successes(halfOpen, 20);
    const ids = Array.from({ length: 10_000 }, (_, i) => `msg_01HXKR3${i}`);
    const share = ids.filter((id) => favours(first, ticketOf(id))).length / ids.length;
    expect(share).toBeGreaterThan(0.04);
    expect(share).toBeLessThan(0.06);
    expect(ids.every((id) => favours(closedCircuit, ticketOf(id)))).toBe(true);
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
    expect(successes(circuit, 80, 'alive', nowMs).cooldownMs).toBe(FIRST_COOLDOWN_MS);
  });
});

describe('a circuit shut by its score', () => {
  const shut = shutByScore(closedCircuit, 'report', 0, 120_000);
  const trying = atTime(shut, 120_000);

  it('rests for the cool-down of a move', () => {
    expect(shut).toMatchObject({ phase: 'open', untilMs: 120_000 });
    expect(shutByScore(shut, 'answer', 10, 120_000)).toBe(shut);
    expect(trying.phase).toBe('half_open');
  });
  it('comes back by reports where reports were what it lacked', () => {
    const out = takeTrial(trying, 180_000);
    const answered = attempt(out, 'alive', 120_001);
    expect(permits(answered, 120_001, false)).toBe(false);
    expect(answered.step.successes).toBe(0);
    const reported = attempt(answered, 'delivered', 121_000);
    expect(reported.step.successes).toBe(1);
    expect(permits(reported, 121_000, false)).toBe(true);
    expect(attempt(reported, 'undelivered', 122_000)).toMatchObject({ phase: 'open', untilMs: 122_000 + 240_000 });
  });
  it('is not moved by reports otherwise', () => {
    expect(
      attempts(
        closedCircuit,
        Array.from({ length: 50 }, () => 'undelivered'),
      ).phase,
    ).toBe('closed');
    expect(attempt(halfOpen, 'delivered').step.successes).toBe(0);
  });
});
