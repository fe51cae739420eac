import type { Clock } from '../../../src/application/ports/clock';
import type { Logger } from '../../../src/application/ports/logger';
import type { SmsGateway, SmsGateways, SubmissionOutcome } from '../../../src/application/ports/sms-gateway';
import type { Sampled } from '../../../src/application/ports/health-samples';
import { Circuits, type Gate } from '../../../src/application/routing/circuits';
import { CircuitHealth } from '../../../src/application/routing/circuit-health';
import type { Tier } from '../../../src/domain/routing/tiers';

const gateway = (tier: Tier): SmsGateway => ({
  name: `at_${tier}`,
  tier,
  adapter: 'africastalking',
  simulated: true,
  deadlineMs: 10_000,
  submit: () => Promise.resolve({ kind: 'unknown', code: 'never called' }),
});
const all = [gateway('tier_1'), gateway('tier_2')];
const gateways: SmsGateways = {
  forTier: (_mode, tier) => all.find((one) => one.tier === tier) ?? null,
  byName: (name) => all.find((one) => one.name === name) ?? null,
  all: () => all,
};
const refusal = (data: Partial<Extract<SubmissionOutcome, { kind: 'refused' }>>): SubmissionOutcome => ({
  kind: 'refused',
  class: 'R',
  scope: null,
  code: 'connection_refused',
  reason: '',
  failureCode: '',
  byProvider: false,
  retryAfterSeconds: null,
  ...data,
});
const accepted: SubmissionOutcome = { kind: 'accepted', providerMessageId: 'id', providerCost: null };

describe('the health of providers', () => {
  let nowMs: number;
  let told: string[];
  let written: string[];
  let health: CircuitHealth;
  let circuits: Circuits;
  let sampled: Sampled[];
  const clock: Clock = { now: () => nowMs, iso: () => new Date(nowMs).toISOString(), monotonicMs: () => nowMs };
  const silent = (): void => undefined;
  const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
  const request = { sender: 'WAHT', destination: '+254722000001', failedOver: false, take: false };
  const context = {
    customerId: 'cus_1',
    sender: 'WAHT',
    destination: '+254722000001',
    submittedAtMs: 120_000,
    tookMs: 50,
  };
  const permitted = (tier: Tier, extra: Partial<typeof request> = {}): boolean =>
    health.permits('live', tier, { ...request, ...extra });
  const record = (outcome: SubmissionOutcome, times = 1, extra: Partial<typeof context> = {}): void => {
    for (let i = 0; i < times; i++) health.record('at_tier_1', outcome, { ...context, ...extra });
  };

  beforeEach(() => {
    jest.useFakeTimers();
    [nowMs, told, written] = [1_000, [], []];
    const journal = {
      opened: ({ network }: Gate) => written.push(network === null ? 'opened' : `${network} opened`),
      recovered: ({ network }: Gate, share: number) =>
        written.push(network === null ? `${share} %` : `${network} ${share} %`),
    };
    circuits = new Circuits(clock, journal);
    sampled = [];
    health = new CircuitHealth(circuits, gateways, { add: (sample) => sampled.push(sample) }, clock, logger);
    health.onChange(({ provider, to }) => told.push(`${provider} ${to}`));
  });
  afterEach(() => {
    circuits.stop();
    jest.useRealTimers();
  });
  const pass = (ms: number): void => {
    nowMs += ms;
    jest.advanceTimersByTime(ms + 1);
  };

  it('opens a circuit, tells and writes it, and tries again after the cool-down', () => {
    record(refusal({}), 5);
    expect(permitted('tier_1')).toBe(false);
    expect(permitted('tier_2')).toBe(true);
    expect(health.order('live', ['tier_1', 'tier_2'], { ...request, messageId: 'msg_1' })).toEqual([
      'tier_2',
      'tier_1',
    ]);
    pass(15_000);
    expect(told).toEqual(['at_tier_1 open', 'at_tier_1 half_open']);
    expect(permitted('tier_1', { failedOver: true })).toBe(false);
    expect(permitted('tier_1', { take: true })).toBe(true);
    expect(permitted('tier_1')).toBe(false);
    record(accepted, 20);
    expect(permitted('tier_1')).toBe(true);
    expect(told.at(-1)).toBe('at_tier_1 returning');
    record(accepted, 60);
    expect(told.at(-1)).toBe('at_tier_1 closed');
    expect(written).toEqual(['opened', '5 %', '25 %', '50 %', '100 %']);
  });
  it('wakes one waiting message after the other while it is tried', () => {
    record(refusal({}), 5);
    pass(15_000);
    permitted('tier_1', { take: true });
    record(accepted);
    expect(told).toEqual(['open', 'half_open', 'half_open'].map((to) => `at_tier_1 ${to}`));
  });
  it('gives a returning provider its share of messages, and all of them where nothing else is open', () => {
    record(refusal({}), 5);
    pass(15_000);
    record(accepted, 40);
    const first = (): number => {
      const ids = Array.from({ length: 1_000 }, (_, i) => `msg_${i}`);
      return ids.filter((messageId) => {
        const order = health.order('live', ['tier_1', 'tier_2'], { ...request, messageId });
        return order[0] === 'tier_1';
      }).length;
    };
    expect(first()).toBeGreaterThan(200);
    expect(first()).toBeLessThan(300);
    for (let i = 0; i < 5; i++) health.record('at_tier_2', refusal({}), context);
    expect(first()).toBe(1_000);
  });
  it('learns from what another process wrote', () => {
    const one = gateways.all()[0];
    if (one === undefined) throw new Error('no gateway');
    const until = new Date(nowMs + 60_000).toISOString();
    circuits.adopt(one, null, { status: 'degraded', cause: 'score', until, provenBy: 'answer' });
    expect(permitted('tier_1')).toBe(false);
    circuits.adopt(one, null, { status: 'returning', cause: 'score', sharePercent: 25 });
    expect(circuits.of(one).circuit).toMatchObject({ phase: 'returning', sharePercent: 25 });
    circuits.adopt(one, null, { status: 'healthy' });
    expect(circuits.of(one).circuit.phase).toBe('closed');
    expect(written).toEqual([]);
  });
  it('counts what a provider did, in the minute in which it was asked to', () => {
    record(accepted);
    record(refusal({ class: 'F', code: '407', byProvider: true }));
    record(refusal({ class: 'P', code: '406', byProvider: true }));
    record({ kind: 'unknown', code: 'no_answer_in_time' });
    const report = { customerId: 'cus_1', network: '63902', submittedAtMs: 120_000, reportedAtMs: 125_000 };
    health.reported('at_tier_1', { ...report, outcome: 'delivered' });
    health.reported('at_tier_1', { ...report, outcome: 'excused' });
    health.reported('at_tier_1', { ...report, outcome: 'undelivered' });
    expect(sampled.every(({ network }) => network === '63902')).toBe(true);
    expect(sampled.map(({ minute, counts }) => [minute, counts])).toEqual([
      [2, { attempts: 1, accepted: 1, slow: 0 }],
      [2, { attempts: 1, slow: 0 }],
      [2, { attempts: 1, timeouts: 1 }],
      [2, { delivered: 1, late: 0 }],
      [2, { excused: 1 }],
    ]);
  });
  it('writes one opening, however often the trial fails', () => {
    record(refusal({}), 5);
    pass(15_000);
    record(refusal({}));
    pass(30_000);
    record(refusal({}));
    expect(written).toEqual(['opened']);
    expect(told).toEqual(['open', 'half_open', 'open', 'half_open', 'open'].map((to) => `at_tier_1 ${to}`));
  });
  it.each<[string, SubmissionOutcome]>([
    ['a refused connection', refusal({})],
    ['an HTTP 503', refusal({ code: 'http_503' })],
    ['an error of the provider’s own', refusal({ code: '500', byProvider: true })],
    ['silence', { kind: 'unknown', code: 'no_answer_in_time' }],
    ['a lost connection', { kind: 'unknown', code: 'connection_lost' }],
    ['a page that is not its contract', refusal({ class: 'F', code: 'unreadable_answer' })],
  ])('counts %s as an outage', (_name, outcome) => {
    record(outcome, 5);
    expect(permitted('tier_1')).toBe(false);
  });
  it.each<[string, SubmissionOutcome]>([
    ['what the recipient caused', refusal({ class: 'P', code: '406', byProvider: true })],
    ['a message it does not carry', refusal({ class: 'F', code: '407', byProvider: true })],
    ['a limit of its rate', refusal({ code: 'http_429' })],
    ['a message it calls malformed', refusal({ class: 'P', code: 'http_400' })],
    ['an acceptance without an id', { kind: 'unknown', code: 'accepted_without_id' }],
  ])('does not count %s', (_name, outcome) => {
    record(outcome, 20);
    expect(permitted('tier_1')).toBe(true);
  });
  it('shuts only what an F! concerns: the account', () => {
    record(refusal({ class: 'F!', scope: 'account', code: '405', byProvider: true }));
    expect(permitted('tier_1')).toBe(false);
  });
  it('shuts only what an F! concerns: a sender', () => {
    record(refusal({ class: 'F!', scope: 'sender', code: '402', byProvider: true }));
    expect(permitted('tier_1')).toBe(false);
    expect(permitted('tier_1', { sender: 'OTHER' })).toBe(true);
    nowMs += 900_000;
    expect(permitted('tier_1')).toBe(true);
  });
  it('shuts a prefix once different numbers of it were refused', () => {
    const risk = refusal({ class: 'F!', scope: 'destination', code: '401', byProvider: true });
    record(risk, 5);
    expect(permitted('tier_1')).toBe(true);
    record(risk, 1, { destination: '+254722000002' });
    record(risk, 1, { destination: '+254722000003' });
    expect(permitted('tier_1', { destination: '+254722999999' })).toBe(false);
    expect(permitted('tier_1', { destination: '+254733000001' })).toBe(true);
  });
  it('frees the trial that was not used', () => {
    record(refusal({}), 5);
    pass(15_000);
    expect(permitted('tier_1', { take: true })).toBe(true);
    health.giveBack('live', 'tier_1', request.destination);
    expect(permitted('tier_1')).toBe(true);
  });

  describe('of networks', () => {
    const AIRTEL = '+254733000001';
    const airtel = { destination: AIRTEL };
    const shut = (provenBy: 'answer' | 'report' = 'answer'): void =>
      circuits.shut(gateway('tier_1'), '63903', provenBy, 120_000);
    const first = (destination: string, messageId = 'msg_1'): Tier | undefined =>
      health.order('live', ['tier_1', 'tier_2'], { sender: 'WAHT', destination, messageId })[0];

    it('sends only the degraded network elsewhere', () => {
      shut();
      expect([first(AIRTEL), first(request.destination), first('+256772000001')]).toEqual([
        'tier_2',
        'tier_1',
        'tier_1',
      ]);
      expect(permitted('tier_1', airtel)).toBe(false);
      expect(permitted('tier_1')).toBe(true);
      expect(told).toEqual(['at_tier_1 open']);
    });
    it('brings it back by its own messages, one at a time, then step by step', () => {
      shut();
      pass(120_000);
      expect(permitted('tier_1', { ...airtel, failedOver: true })).toBe(false);
      expect(permitted('tier_1', { ...airtel, take: true })).toBe(true);
      expect(permitted('tier_1', airtel)).toBe(false);
      record(accepted, 40);
      expect(permitted('tier_1', airtel)).toBe(false);
      record(accepted, 20, airtel);
      expect(written).toEqual(['63903 5 %']);
      const ids = Array.from({ length: 1_000 }, (_, i) => `msg_${i}`);
      const share = ids.filter((id) => first(AIRTEL, id) === 'tier_1').length;
      expect(share).toBeGreaterThan(20);
      expect(share).toBeLessThan(90);
      record(accepted, 60, airtel);
      expect(written).toEqual(['63903 5 %', '63903 25 %', '63903 50 %', '63903 100 %']);
      expect(circuits.of(gateway('tier_1')).networks.size).toBe(0);
    });
    it('gives back the trial of the network too', () => {
      shut();
      pass(120_000);
      permitted('tier_1', { ...airtel, take: true });
      health.giveBack('live', 'tier_1', request.destination);
      expect(permitted('tier_1', airtel)).toBe(false);
      health.giveBack('live', 'tier_1', AIRTEL);
      expect(permitted('tier_1', airtel)).toBe(true);
    });
    it('shuts it again, for longer, where its trial fails', () => {
      shut();
      pass(120_000);
      permitted('tier_1', { ...airtel, take: true });
      record(refusal({}), 1, airtel);
      pass(200_000);
      expect(permitted('tier_1', airtel)).toBe(false);
      expect(permitted('tier_1')).toBe(true);
      pass(40_001);
      expect(permitted('tier_1', airtel)).toBe(true);
    });
    it('lets only its own reports prove it where it had delivered nothing', () => {
      shut('report');
      pass(120_000);
      permitted('tier_1', { ...airtel, take: true });
      record(accepted, 1, airtel);
      const report = { customerId: 'cus_1', outcome: 'delivered' as const, submittedAtMs: nowMs, reportedAtMs: nowMs };
      health.reported('at_tier_1', { ...report, network: '63902' });
      expect(permitted('tier_1', airtel)).toBe(false);
      health.reported('at_tier_1', { ...report, network: '63903' });
      expect(permitted('tier_1', airtel)).toBe(true);
    });
    it('opens the provider’s circuit, and no network’s, for outages', () => {
      record(refusal({}), 5, airtel);
      expect(circuits.of(gateway('tier_1')).networks.size).toBe(0);
      expect(permitted('tier_1')).toBe(false);
      expect(written).toEqual(['opened']);
    });
    it('does not hold against a network what its provider’s account ran into', () => {
      shut();
      pass(120_000);
      record(refusal({ class: 'F!', scope: 'account', code: '405', byProvider: true }), 1, airtel);
      expect(circuits.of(gateway('tier_1')).circuit.phase).toBe('open');
      expect(circuits.of(gateway('tier_1')).networks.get('63903')?.circuit.phase).toBe('half_open');
    });
    it('learns from what another process wrote of it', () => {
      const until = new Date(nowMs + 60_000).toISOString();
      circuits.adopt(gateway('tier_1'), '63903', { status: 'degraded', cause: 'score', until, provenBy: 'answer' });
      expect([permitted('tier_1', airtel), permitted('tier_1')]).toEqual([false, true]);
      circuits.adopt(gateway('tier_1'), '63903', { status: 'healthy' });
      expect(circuits.of(gateway('tier_1')).networks.size).toBe(0);
      expect(written).toEqual([]);
    });
  });
});
