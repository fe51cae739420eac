import type { Clock } from '../../../src/application/ports/clock';
import type { HealthSamples } from '../../../src/application/ports/health-samples';
import type { IdSource } from '../../../src/application/ports/id-source';
import type { Logger } from '../../../src/application/ports/logger';
import type { SmsGateway, SmsGateways } from '../../../src/application/ports/sms-gateway';
import { Circuits } from '../../../src/application/routing/circuits';
import { HealthMonitor } from '../../../src/application/routing/health-monitor';
import { ProviderFollower } from '../../../src/application/routing/provider-follower';
import { ProviderJournal } from '../../../src/application/routing/provider-journal';
import type { ProviderDegraded, ProviderEvent } from '../../../src/domain/routing/events';
import { DEFAULT_THRESHOLDS, decideMove } from '../../../src/domain/routing/move';
import { TIERS, type Tier } from '../../../src/domain/routing/tiers';
import { emptyTally, type MinuteOfCustomer, type MinuteTally } from '../../../src/domain/routing/window';
import { MemoryEventStore } from '../../support/memory-event-store';

const NOW = Date.parse('2026-11-22T06:00:30.000Z');
const MINUTE = Math.floor(NOW / 60_000);
const gateway = (tier: Tier): SmsGateway => ({
  name: `at_${tier}`,
  tier,
  adapter: 'africastalking',
  simulated: true,
  deadlineMs: 10_000,
  submit: () => Promise.resolve({ kind: 'unknown', code: 'never called' }),
});
const all = TIERS.map(gateway);
const gateways: SmsGateways = {
  forTier: (_mode, tier) => all.find((one) => one.tier === tier) ?? null,
  byName: (name) => all.find((one) => one.name === name) ?? null,
  all: () => all,
};
let uuids = 0;
const ids: IdSource = {
  next: (prefix) => `${prefix}_x`,
  uuid: () => `00000000-0000-4000-8000-${(uuids++).toString(16).padStart(12, '0')}`,
  derived: (parent, name) => `${parent.slice(0, 24)}${name.padStart(12, 'a')}`,
  messageIdForKey: () => 'msg_x',
  batchIdForKey: () => 'bat_x',
  optOutId: () => 'opt_x',
};

describe('the monitor of the providers’ health', () => {
  let rows: Map<string, MinuteOfCustomer[]>;
  let reads: number;
  let nowMs: number;
  let store: MemoryEventStore;
  let circuits: Circuits;
  let journal: ProviderJournal;
  let follower: ProviderFollower;
  let monitor: HealthMonitor;
  let errors: string[];
  const seen = new Map<string, number | null>();
  const clock: Clock = { now: () => nowMs, iso: () => new Date(nowMs).toISOString(), monotonicMs: () => nowMs };
  const silent = (): void => undefined;
  const logger: Logger = {
    debug: silent,
    info: silent,
    warn: silent,
    child: () => logger,
    error: (_fields, message) => errors.push(message),
  };
  const samples: HealthSamples = {
    add: silent,
    anySince: () => Promise.resolve(rows.size > 0),
    minutes: (provider) => {
      reads++;
      return Promise.resolve(rows.get(provider) ?? []);
    },
    day: () => Promise.resolve([]),
  };
  const traffic = (tier: Tier, tally: Partial<MinuteTally>, network: string | null = null): void => {
    const minutes = Array.from({ length: 15 }, (_, ago) => MINUTE - ago);
    const of = (customerId: string) =>
      minutes.map((minute) => ({ ...emptyTally, ...tally, minute, customerId, network }));
    rows.set(`at_${tier}`, [...(rows.get(`at_${tier}`) ?? []), ...of('cus_1'), ...of('cus_2')]);
  };
  const good = { attempts: 10, accepted: 10, delivered: 10 };
  const degraded = async (tier: Tier): Promise<ProviderDegraded['data'][]> => {
    await journal.flush();
    const events = await store.readStream<ProviderEvent>(`provider-at_${tier}`);
    return events.filter(({ type }) => type === 'ProviderDegraded').map(({ data }) => data as ProviderDegraded['data']);
  };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    [rows, reads, nowMs, errors] = [new Map(), 0, NOW, []];
    store = new MemoryEventStore();
    journal = new ProviderJournal(store, ids, clock, logger);
    circuits = new Circuits(clock, journal);
    follower = new ProviderFollower(store, circuits, () => all, logger);
    const leadership = { stand: () => ({ isLeading: () => true, stop: () => Promise.resolve() }) };
    monitor = new HealthMonitor(
      {
        samples,
        gateways,
        circuits,
        follower,
        journal,
        leadership,
        clock,
        logger,
        observe: (provider, network, score) => seen.set(network === null ? provider : `${provider} ${network}`, score),
      },
      DEFAULT_THRESHOLDS,
    );
  });
  afterEach(() => {
    circuits.stop();
    jest.useRealTimers();
  });

  it('reads nothing while nothing is sent', async () => {
    await monitor.look();
    expect(reads).toBe(0);
  });
  it('takes traffic off a provider whose score fell, and writes down what it was decided on', async () => {
    traffic('tier_1', { ...good, accepted: 3, delivered: 3 });
    traffic('tier_2', good);
    await monitor.look();
    const [event, ...others] = await degraded('tier_1');
    expect(others).toEqual([]);
    expect(event).toMatchObject({ cause: 'score', circuit: null, until: '2026-11-22T06:02:30.000Z' });
    if (event?.move == null) throw new Error('no move was written');
    expect(decideMove(event.move.inputs)).toEqual(event.move.outcome);
    expect(event.move.outcome.alternatives.map(({ tier, verdict }) => [tier, verdict])).toEqual([
      ['tier_2', 'better'],
      ['tier_3', 'better'],
    ]);
    expect(circuits.of(gateway('tier_1')).circuit.phase).toBe('open');
    expect(seen.get('at_tier_2')).toBe(100);
    await monitor.look();
    expect(await degraded('tier_1')).toHaveLength(1);
  });
  it('notes the instant of each step, however long it takes to be written', async () => {
    const gate = circuits.of(gateway('tier_1'));
    const until = NOW + 15_000;
    journal.opened(gate, { failuresInRow: 5, lastCode: '500' }, until - NOW);
    nowMs = until;
    journal.recovered(gate, 5);
    nowMs += 4_000;
    await journal.flush();
    const events = await store.readStream<ProviderEvent>('provider-at_tier_1');
    expect(events.map(({ metadata }) => Date.parse(metadata.at))).toEqual([NOW, until]);
  });

  it('moves nothing when every tier is equally bad', async () => {
    for (const tier of TIERS) traffic(tier, { ...good, accepted: 3, delivered: 3 });
    await monitor.look();
    for (const tier of TIERS) expect(await degraded(tier)).toEqual([]);
  });
  it('alerts, and moves nothing, when reports stop from all providers at once', async () => {
    for (const tier of TIERS) traffic(tier, { ...good, delivered: 0 });
    await monitor.look();
    await monitor.look();
    for (const tier of TIERS) expect(await degraded(tier)).toEqual([]);
    expect(errors).toHaveLength(1);
  });
  it('does not judge a provider that came back by what it was', async () => {
    traffic('tier_1', { ...good, accepted: 3, delivered: 3 });
    traffic('tier_2', good);
    await monitor.look();
    nowMs += 130_000;
    circuits.at(circuits.of(gateway('tier_1')), nowMs);
    journal.recovered(circuits.of(gateway('tier_1')), 5);
    await journal.flush();
    await follower.read(gateway('tier_1'));
    nowMs += 121_000;
    await monitor.look();
    expect(await degraded('tier_1')).toHaveLength(1);
  });

  describe('of networks', () => {
    const [SAFARICOM, AIRTEL] = ['63902', '63903'];
    const bad = { ...good, accepted: 3, delivered: 3 };
    const own = (network: string) => circuits.of(gateway('tier_1')).networks.get(network)?.circuit.phase;

    it('takes one network’s traffic off a provider that is bad at it alone', async () => {
      traffic('tier_1', bad, AIRTEL);
      traffic('tier_1', good, SAFARICOM);
      traffic('tier_2', good, SAFARICOM);
      await monitor.look();
      const [event, ...others] = await degraded('tier_1');
      expect(others).toEqual([]);
      expect(event).toMatchObject({ network: AIRTEL, cause: 'score', until: '2026-11-22T06:02:30.000Z' });
      if (event?.move == null) throw new Error('no move was written');
      expect(event.move.inputs.subject.network).toBe(AIRTEL);
      expect(event.move.inputs.alternatives.map(({ network }) => network)).toEqual([null, null]);
      expect(decideMove(event.move.inputs)).toEqual(event.move.outcome);
      expect([own(AIRTEL), own(SAFARICOM)]).toEqual(['open', undefined]);
      expect(circuits.of(gateway('tier_1')).circuit.phase).toBe('closed');
      expect([seen.get('at_tier_1'), seen.get(`at_tier_1 ${SAFARICOM}`)]).toEqual([100, 100]);
      expect(seen.get(`at_tier_1 ${AIRTEL}`)).toBeLessThan(70);
      expect(seen.get(`at_tier_3 ${AIRTEL}`)).toBeNull();
      await monitor.look();
      expect(await degraded('tier_1')).toHaveLength(1);
    });
    it('takes the provider as a whole where it is bad at every network', async () => {
      for (const network of [AIRTEL, SAFARICOM]) {
        traffic('tier_1', bad, network);
        traffic('tier_2', good, network);
      }
      await monitor.look();
      expect(await degraded('tier_1')).toMatchObject([{ network: null }]);
    });
    it('moves nothing where a network is equally bad at every provider', async () => {
      for (const tier of TIERS) {
        traffic(tier, bad, AIRTEL);
        traffic(tier, good, SAFARICOM);
      }
      await monitor.look();
      for (const tier of TIERS) expect(await degraded(tier)).toEqual([]);
    });
    it('moves nothing where a network’s reports stop from all providers', async () => {
      for (const tier of ['tier_1', 'tier_2'] as const) {
        traffic(tier, { ...good, delivered: 0 }, AIRTEL);
        traffic(tier, good, SAFARICOM);
      }
      await monitor.look();
      expect([await degraded('tier_1'), await degraded('tier_2')]).toEqual([[], []]);
    });
    it('moves it to no provider that is shut as a whole', async () => {
      traffic('tier_1', bad, AIRTEL);
      traffic('tier_1', good, SAFARICOM);
      traffic('tier_2', good, AIRTEL);
      for (const tier of ['tier_2', 'tier_3'] as const) circuits.shut(gateway(tier), null, 'answer', 120_000);
      await monitor.look();
      expect(await degraded('tier_1')).toEqual([]);
    });
    it('does not leave a provider as a whole for a network of which it has carried too little', async () => {
      for (const tier of TIERS) traffic(tier, bad);
      traffic('tier_2', { ...good, attempts: 2, accepted: 2, delivered: 2 }, AIRTEL);
      await monitor.look();
      for (const tier of TIERS) expect(await degraded(tier)).toEqual([]);
    });
    it('moves no network for fewer than 20 attempts', async () => {
      const row = { ...emptyTally, minute: MINUTE - 3, network: AIRTEL };
      traffic('tier_1', good, SAFARICOM);
      traffic('tier_2', good, SAFARICOM);
      const add = (attempts: number) =>
        rows.get('at_tier_1')?.push(...['cus_1', 'cus_2'].map((customerId) => ({ ...row, customerId, attempts })));
      add(9);
      await monitor.look();
      expect(await degraded('tier_1')).toEqual([]);
      add(1);
      await monitor.look();
      expect(await degraded('tier_1')).toMatchObject([{ network: AIRTEL }]);
    });
    it('does not move it towards a provider that has just lost it', async () => {
      traffic('tier_1', bad, AIRTEL);
      traffic('tier_1', good, SAFARICOM);
      traffic('tier_2', good, SAFARICOM);
      await monitor.look();
      rows.clear();
      for (const tier of TIERS.slice(1)) {
        traffic(tier, bad, AIRTEL);
        traffic(tier, good, SAFARICOM);
      }
      await monitor.look();
      expect(await degraded('tier_2')).toEqual([]);
    });
    it('waits for the network’s cool-down, and forgets what was before it came back', async () => {
      traffic('tier_1', bad, AIRTEL);
      traffic('tier_1', good, SAFARICOM);
      traffic('tier_2', good, AIRTEL);
      await monitor.look();
      nowMs += 130_000;
      const gate = circuits.of(gateway('tier_1')).networks.get(AIRTEL);
      if (gate === undefined) throw new Error('the network has no circuit');
      circuits.at(gate, nowMs);
      journal.recovered(gate, 5);
      await journal.flush();
      await follower.read(gateway('tier_1'));
      expect(circuits.of(gateway('tier_1')).networks.get(AIRTEL)?.circuit.phase).toBe('returning');
      nowMs += 121_000;
      await monitor.look();
      expect(await degraded('tier_1')).toHaveLength(1);
    });
  });
});
