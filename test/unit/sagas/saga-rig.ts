import { createHash, randomUUID } from 'node:crypto';
import type { AdmissionRequest, Signals } from '../../../src/application/ports/admission';
import type { AttemptIndex, OpenAttempt } from '../../../src/application/ports/attempt-index';
import type { Clock } from '../../../src/application/ports/clock';
import type { CustomerRecord } from '../../../src/application/ports/customer-directory';
import type { Configuration } from '../../../src/application/ports/configuration';
import type { RecordedEvent } from '../../../src/application/ports/event-store';
import type { Sampled } from '../../../src/application/ports/health-samples';
import type { IdSource } from '../../../src/application/ports/id-source';
import type { Logger } from '../../../src/application/ports/logger';
import type { Metrics } from '../../../src/application/ports/metrics';
import type { UnreadAnswer } from '../../../src/application/ports/provider-answers';
import type { SmsGateway, SmsGateways, SubmissionOutcome } from '../../../src/application/ports/sms-gateway';
import type { SubjectVault } from '../../../src/application/ports/subject-vault';
import type { Timer, Timers } from '../../../src/application/ports/timers';
import type { Wallets } from '../../../src/application/ports/wallets';
import type { ReportReaders, ReportReading } from '../../../src/application/ports/delivery-reports';
import { CircuitHealth } from '../../../src/application/routing/circuit-health';
import { Circuits } from '../../../src/application/routing/circuits';
import { Affordability } from '../../../src/application/sagas/affordability';
import { CallsUnderWay } from '../../../src/application/sagas/calls-under-way';
import { ClaimMaker } from '../../../src/application/sagas/claim-maker';
import { Dispatcher } from '../../../src/application/sagas/dispatcher';
import { DueMessages } from '../../../src/application/sagas/due-messages';
import { Inquiry } from '../../../src/application/sagas/inquiry';
import { MessageCommands } from '../../../src/application/sagas/message-commands';
import { MessageMemory } from '../../../src/application/sagas/message-memory';
import { ProviderCall } from '../../../src/application/sagas/provider-call';
import { Receipts } from '../../../src/application/sagas/receipts';
import { RecentDispatches } from '../../../src/application/sagas/recent-dispatches';
import { Settlement } from '../../../src/application/sagas/settlement';
import { WaitingRoom } from '../../../src/application/sagas/waiting-room';
import type { MessageQueued, MessageScheduled } from '../../../src/domain/message/events';
import { KENYAN_HOURS } from '../../../src/domain/message/hours';
import type { Tier } from '../../../src/domain/routing/tiers';
import { DomainError } from '../../../src/domain/shared/domain-error';
import { money } from '../../../src/domain/shared/money';
import { streams } from '../../../src/domain/shared/streams';
import { testMetadata } from '../../support/event-builders';
import { MemoryEventStore } from '../../support/memory-event-store';
import { T0 } from '../message/message-fixture';
import { customer } from '../message/send/fakes';

export const ids: IdSource = {
  next: (prefix) => `${prefix}_x`,
  uuid: () => randomUUID(),
  derived: (parent, name) => {
    const hex = createHash('sha1').update(`${parent}/${name}`).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  },
  messageIdForKey: () => 'msg_x',
  batchIdForKey: () => 'bat_x',
  optOutId: () => 'opt_x',
};
const silent = (): void => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
const metrics: Metrics = {
  appendObserved: silent,
  walletConflict: silent,
  walletBatch: silent,
  dispatch: silent,
  report: silent,
  requestObserved: silent,
  projectionLag: silent,
  undecodable: silent,
  workerInFlight: silent,
  refused: silent,
  providerScore: silent,
  inbound: silent,
  providerAnswer: silent,
  accessDropped: silent,
  headRefused: silent,
  logMismatch: silent,
  snapshotDiscarded: silent,
  projectionBacklog: silent,
  projectionParked: silent,
  projectionsLeft: silent,
};

/** The parts of the world that all processes share. */
export class World {
  readonly store = new MemoryEventStore();
  nowMs = T0;
  /** What each provider answers next; accepted where nothing is said. */
  readonly answers = new Map<Tier, SubmissionOutcome[]>();
  /** Held until it resolves: a slow provider. */
  hold: Promise<void> = Promise.resolve();
  readonly calls: { tier: Tier; to: string; body: string }[] = [];
  /** What each provider says when it is asked; a tier that is not here cannot be asked. */
  readonly inquiries = new Map<Tier, (SubmissionOutcome | null)[]>();
  /** What providers answered that nobody could read. */
  readonly unread: UnreadAnswer[] = [];
  readonly timers = new Map<string, Timer>();
  readonly money: string[] = [];
  available = 1_000_000n;
  /** Of everybody. */
  block: Signals['block'] = 'none';
  /** The sender whose promotion the recipient does not want. */
  optedOutOf = 'nobody';
  customer: CustomerRecord | null = customer();
  openAttempts: OpenAttempt[] = [];
  /** How often somebody asked which message a part belongs to. */
  askedForWhole = 0;
  readonly indexed = new Map<string, string>();

  readonly clock: Clock = {
    now: () => this.nowMs,
    iso: () => new Date(this.nowMs).toISOString(),
    monotonicMs: () => this.nowMs,
  };

  async queue(message: MessageQueued | MessageScheduled): Promise<RecordedEvent> {
    const stream = streams.message(message.data.messageId);
    await this.store.append(stream, 'no_stream', [{ id: randomUUID(), event: message, metadata: testMetadata() }]);
    const event = this.store.events(stream)[0];
    if (event === undefined) throw new Error('not queued');
    return event;
  }

  types(messageId: string): string[] {
    return this.store.events(streams.message(messageId)).map(({ type }) => type);
  }

  last(messageId: string): RecordedEvent {
    const event = this.store.events(streams.message(messageId)).at(-1);
    if (event === undefined) throw new Error('no such message');
    return event;
  }

  readonly timersPort: Timers = {
    set: (timer, replace = false) => {
      const key = `${timer.messageId}/${timer.attempt}/${timer.purpose}`;
      if (replace || !this.timers.has(key)) this.timers.set(key, timer);
      return Promise.resolve();
    },
    clear: (messageId) => {
      for (const [key, timer] of this.timers) if (timer.messageId === messageId) this.timers.delete(key);
      return Promise.resolve();
    },
  };

  private readonly ended = new Set<string>();
  readonly wallets: { -readonly [method in keyof Wallets]: Wallets[method] } = {
    reserve: nothing,
    open: nothing,
    credit: () => Promise.resolve(true),
    adjustDown: () => Promise.resolve(true),
    reprice: (_wallet, _ctx, { amount }) => {
      if (amount > this.available) return Promise.reject(new DomainError('insufficient_funds', 'not enough'));
      this.money.push(`reprice ${amount}`);
      return Promise.resolve(true);
    },
    debit: (_wallet, _ctx, { reservationId, amount }) => Promise.resolve(this.end(reservationId, `debit ${amount}`)),
    release: (_wallet, _ctx, { reservationId, reason }) =>
      Promise.resolve(this.end(reservationId, `release ${reason}`)),
    balance: () => Promise.resolve({ available: money(this.available), reserved: money(0n), asOf: '' }),
  };

  readonly index: AttemptIndex = {
    findByProviderId: (provider, id) => Promise.resolve(this.indexed.get(`${provider} ${id}`) ?? null),
    openAttempts: () => Promise.resolve(this.openAttempts),
    overdue: () => Promise.resolve([]),
  };

  private end(reservationId: string, what: string): boolean {
    if (this.ended.has(reservationId)) return false;
    this.ended.add(reservationId);
    this.money.push(what);
    return true;
  }

  gateway(tier: Tier): SmsGateway {
    return {
      name: `at_${tier}`,
      tier,
      adapter: 'africastalking',
      simulated: true,
      deadlineMs: 10_000,
      submit: async ({ to, body }) => {
        this.calls.push({ tier, to, body });
        const providerMessageId = `id-${this.calls.length}`;
        await this.hold;
        return this.answers.get(tier)?.shift() ?? { kind: 'accepted', providerMessageId, providerCost: null };
      },
      ...(this.inquiries.has(tier) ? { settle: () => Promise.resolve(this.inquiries.get(tier)?.shift() ?? null) } : {}),
    };
  }
}

function nothing(): Promise<void> {
  return Promise.resolve();
}

const vault: SubjectVault = {
  lookupHash: (phone) => phone,
  seal: (kid, ct) => ({ kid, iv: '', ct, tag: '' }),
  subjectFor: (_customer, phone) => Promise.resolve({ subjectId: 'sub', lookupHash: phone }),
  findSubject: () => Promise.resolve(null),
  subjectsOfPhone: () => Promise.resolve([{ customerId: 'cus', subjectId: 'sub' }]),
  open: (fields) => Promise.resolve(fields.map(({ ct }) => ct)),
};

/** One process over the shared world: its own memory, health and slots. */
export class Process {
  readonly dispatcher: Dispatcher;
  readonly settlement: Settlement;
  readonly receipts: Receipts;
  readonly circuits: Circuits;
  readonly health: CircuitHealth;
  readonly samples: Sampled[] = [];
  readonly waitingRoom: WaitingRoom;

  constructor(
    readonly world: World,
    readers: ReportReaders = { read: () => null },
    settings: Partial<Configuration> = {},
  ) {
    const { clock, store, timersPort: timers, wallets } = world;
    const gateways = new Map<Tier, SmsGateway>();
    for (const tier of ['tier_1', 'tier_2', 'tier_3'] as const) gateways.set(tier, world.gateway(tier));
    const registry: SmsGateways = {
      forTier: (_mode, tier) => gateways.get(tier) ?? null,
      byName: (name) => [...gateways.values()].find((one) => one.name === name) ?? null,
      all: () => [...gateways.values()],
    };
    const configuration = {
      reportGraceSeconds: 600,
      retryDelaysMs: [1_000, 5_000],
      waitRetryMs: 60_000,
      dispatchConcurrency: 64,
      promotion: { hours: KENYAN_HOURS, optOutText: 'STOP*456*9*5#' },
      ...settings,
    } as Configuration;
    this.circuits = new Circuits(clock, { opened: silent, recovered: silent });
    const samples = { add: (sample: Sampled) => void this.samples.push(sample) };
    this.health = new CircuitHealth(this.circuits, registry, samples, clock, logger);
    const memory = new MessageMemory(store);
    const commands = new MessageCommands(store, ids, clock, memory);
    const recent = new RecentDispatches();
    const underWay = new CallsUnderWay();
    const affordability = new Affordability(wallets, commands);
    this.waitingRoom = new WaitingRoom(this.health, logger);
    const answers = {
      keep: (answer: UnreadAnswer) => void world.unread.push(answer),
      purge: () => Promise.resolve(0),
      flush: nothing,
    };
    const call = new ProviderCall(
      ...([clock, configuration, this.health, answers, metrics, logger, commands, recent] as const),
    );
    const claims = new ClaimMaker(
      ...([clock, configuration, this.health, registry, vault, affordability, commands, underWay, call] as const),
    );
    const inquiry = new Inquiry(
      ...([clock, configuration, ids, registry, vault, answers, timers, memory, commands, recent] as const),
    );
    const directory = { key: () => null, customer: () => world.customer };
    const admission = {
      peek: ({ promotionFrom }: AdmissionRequest) =>
        Promise.resolve({ block: world.block, recipientPerMinute: 1, optedOut: promotionFrom === world.optedOutOf }),
    };
    this.dispatcher = new Dispatcher(
      ...([clock, configuration, ids, registry, timers, memory, commands, claims, affordability] as const),
      ...([
        this.waitingRoom,
        new DueMessages(clock, directory, admission, vault, configuration, commands),
        inquiry,
      ] as const),
    );
    this.waitingRoom.start((messageId, opened) => this.dispatcher.wake(messageId, opened));
    this.settlement = new Settlement(wallets, timers, memory, commands, recent);
    const parts = {
      join: () => Promise.resolve(),
      wholeOf: (_: string, reading: ReportReading) => {
        world.askedForWhole += 1;
        return Promise.resolve(reading);
      },
    };
    this.receipts = new Receipts(
      ...([readers, world.index, vault, clock, configuration, metrics, this.health, parts, memory] as const),
      ...([commands, recent, underWay] as const),
    );
  }

  /** Hands every event of a message to both groups, in order, as they come about. */
  async settle(messageId: string): Promise<void> {
    const stream = streams.message(messageId);
    for (let i = 0; i < this.world.store.events(stream).length; i++) {
      const event = this.world.store.events(stream)[i];
      if (event === undefined) return;
      await this.dispatcher.onEvent(event);
      await this.settlement.onEvent(event);
    }
  }
}
