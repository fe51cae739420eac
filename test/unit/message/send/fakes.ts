import { createHash, randomUUID } from 'node:crypto';
import type {
  Admission,
  AdmissionControl,
  AdmissionRequest,
  Signals,
} from '../../../../src/application/ports/admission';
import type { Clock } from '../../../../src/application/ports/clock';
import type { Configuration, TierConfiguration } from '../../../../src/application/ports/configuration';
import type { CustomerRecord } from '../../../../src/application/ports/customer-directory';
import {
  WrongExpectedRevision,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type RecordedEvent,
} from '../../../../src/application/ports/event-store';
import type { IdSource } from '../../../../src/application/ports/id-source';
import type { Logger } from '../../../../src/application/ports/logger';
import type { Considered, ProviderHealth } from '../../../../src/application/ports/provider-health';
import { ERASED, type Subject, type SubjectVault } from '../../../../src/application/ports/subject-vault';
import type { WalletRef, Wallets } from '../../../../src/application/ports/wallets';
import { KENYAN_HOURS } from '../../../../src/domain/message/hours';
import { DEFAULT_THRESHOLDS } from '../../../../src/domain/routing/move';
import type { Tier } from '../../../../src/domain/routing/tiers';
import { DomainError } from '../../../../src/domain/shared/domain-error';
import type { DomainEvent } from '../../../../src/domain/shared/event';
import { crockford } from '../../../../src/domain/shared/ids';
import { money, type Money } from '../../../../src/domain/shared/money';
import type { Sealed } from '../../../../src/domain/shared/sealed';

const NOW = Date.parse('2026-03-01T08:00:00.000Z');

export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};

export const fixedClock: Clock = {
  now: () => NOW,
  iso: () => new Date(NOW).toISOString(),
  monotonicMs: () => performance.now(),
};

export class CountingIds implements IdSource {
  constructor(private made = 0) {}

  next(prefix: string): string {
    this.made += 1;
    return `${prefix}_${crockford(Buffer.from(this.made.toString(16).padStart(32, '0'), 'hex'))}`;
  }

  uuid(): string {
    return randomUUID();
  }

  derived(parentUuid: string, name: string): string {
    return `${parentUuid}/${name}`;
  }

  messageIdForKey(...parts: [string, string, string, string]): string {
    return `msg_${crockford(createHash('sha256').update(parts.join('\0')).digest())}`;
  }

  batchIdForKey(...parts: [string, string, string]): string {
    return `bat_${crockford(createHash('sha256').update(parts.join('\0')).digest())}`;
  }

  optOutId(...parts: [string, string, string | null]): string {
    return `opt_${crockford(createHash('sha256').update(parts.join('\0')).digest())}`;
  }
}

export interface Appended {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly ids: readonly string[];
}

/** A log in memory that judges expected revisions as the real one does. */
export class MemoryStore implements EventStore {
  readonly appended: Appended[] = [];
  reads = 0;
  /** Runs before the next append is judged: the moment for somebody else to write. */
  beforeAppend: (() => void) | null = null;
  failure: Error | null = null;
  private readonly streams = new Map<string, NewEvent[]>();

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<bigint> {
    const before = this.beforeAppend;
    this.beforeAppend = null;
    before?.();
    if (this.failure !== null) return Promise.reject(this.failure);
    const log = this.streams.get(stream) ?? [];
    const actual = log.length === 0 ? 'no_stream' : BigInt(log.length - 1);
    if (actual !== expected) return Promise.reject(new WrongExpectedRevision(stream, expected, actual));
    this.appended.push({ stream, expected, ids: events.map(({ id }) => id) });
    this.put(stream, ...events);
    return Promise.resolve(BigInt(log.length + events.length - 1));
  }

  readStream<E extends DomainEvent>(stream: string): Promise<RecordedEvent<E>[]> {
    this.reads += 1;
    const log = this.streams.get(stream) ?? [];
    return Promise.resolve(
      log.map(({ id, event, metadata }, revision) => {
        // The caller says which events its streams hold, here as in the real store.
        const { type, data } = event as E;
        return {
          id,
          stream,
          revision: BigInt(revision),
          type,
          data,
          metadata: { ...metadata, schema: 1 },
          position: { commit: 0n, prepare: 0n },
          created: metadata.at,
        };
      }),
    );
  }

  /** Writes past the judge. */
  put(stream: string, ...events: NewEvent[]): void {
    this.streams.set(stream, [...(this.streams.get(stream) ?? []), ...events]);
  }

  eventsOf(stream: string): DomainEvent[] {
    return (this.streams.get(stream) ?? []).map(({ event }) => event);
  }
}

/** Seals by writing plainly into the cipher text. */
export class PlainVault implements SubjectVault {
  erased = false;
  failure: Error | null = null;

  lookupHash(phone: string): string {
    return `hash of ${phone}`;
  }

  subjectFor(_customerId: string, phone: string): Promise<Subject> {
    if (this.failure !== null) return Promise.reject(this.failure);
    return Promise.resolve({ subjectId: `sub of ${phone}`, lookupHash: this.lookupHash(phone) });
  }

  findSubject(): Promise<Subject | null> {
    return Promise.resolve(null);
  }

  subjectsOfPhone(): Promise<{ customerId: string; subjectId: string }[]> {
    return Promise.resolve([]);
  }

  seal(subjectId: string, plaintext: string): Sealed {
    return { kid: subjectId, iv: '', ct: plaintext, tag: '' };
  }

  open(fields: readonly Sealed[]): Promise<string[]> {
    return Promise.resolve(fields.map(({ ct }) => (this.erased ? ERASED : ct)));
  }
}

/** Money in a variable. */
export class MemoryWallets implements Wallets {
  readonly open_ = new Map<string, Money>();
  readonly released: { reservationId: string; reason: string }[] = [];
  failure: Error | null = null;

  constructor(public available: bigint = 1_000_000_000n) {}

  reserve(_wallet: WalletRef, _ctx: object, input: { reservationId: string; amount: Money }): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    if (input.amount > this.available) {
      return Promise.reject(new DomainError('insufficient_funds', 'The wallet does not cover this message.'));
    }
    this.available -= input.amount;
    this.open_.set(input.reservationId, input.amount);
    return Promise.resolve();
  }

  release(_wallet: WalletRef, _ctx: object, input: { reservationId: string; reason: string }): Promise<boolean> {
    if (this.failure !== null) return Promise.reject(this.failure);
    const amount = this.open_.get(input.reservationId);
    if (amount === undefined) return Promise.resolve(false);
    this.open_.delete(input.reservationId);
    this.available += amount;
    this.released.push({ reservationId: input.reservationId, reason: input.reason });
    return Promise.resolve(true);
  }

  balance(): Promise<{ available: Money; reserved: Money; asOf: string }> {
    const reserved = [...this.open_.values()].reduce((sum, amount) => sum + amount, 0n);
    return Promise.resolve({ available: money(this.available), reserved: money(reserved), asOf: fixedClock.iso() });
  }

  reprice = (): Promise<boolean> => this.notHere();
  debit = (): Promise<boolean> => this.notHere();
  credit = (): Promise<boolean> => this.notHere();
  adjustDown = (): Promise<boolean> => this.notHere();
  open = (): Promise<void> => this.notHere();

  private notHere(): Promise<never> {
    return Promise.reject(new Error('accepting a message has no business with this'));
  }
}

type Kept = { digest: string | null; response: string | null; owner: AdmissionRequest };

/** Claims and answers in a map; what else it says is set by the test. */
export class MemoryAdmission implements AdmissionControl {
  readonly kept = new Map<string, Kept>();
  admits = 0;
  renewed = 0;
  next: Admission | null = null;
  signals: Signals = { block: 'none', recipientPerMinute: 1, optedOut: false };
  asked: AdmissionRequest | null = null;

  admit(request: AdmissionRequest): Promise<Admission> {
    this.admits += 1;
    this.asked = request;
    const { next } = this;
    if (next !== null) return Promise.resolve(next);
    const { idempotencyKey, bodyDigest } = request;
    const known = idempotencyKey === null ? undefined : this.kept.get(idempotencyKey);
    if (known !== undefined) {
      if (known.response === null) return Promise.resolve({ kind: 'pending' });
      const sameBody = known.digest === bodyDigest;
      return Promise.resolve({ kind: 'replay', sameBody, response: known.response });
    }
    if (idempotencyKey !== null) this.kept.set(idempotencyKey, { digest: bodyDigest, response: null, owner: request });
    return Promise.resolve({ kind: 'admitted', signals: this.signals });
  }

  peek(request: AdmissionRequest): Promise<Signals> {
    this.asked = request;
    return Promise.resolve(this.signals);
  }

  remember(request: AdmissionRequest, response: string): Promise<void> {
    const { idempotencyKey, bodyDigest } = request;
    if (idempotencyKey !== null) this.kept.set(idempotencyKey, { digest: bodyDigest, response, owner: request });
    return Promise.resolve();
  }

  keep(request: AdmissionRequest): Promise<void> {
    if (this.kept.get(request.idempotencyKey ?? '')?.owner === request) this.renewed += 1;
    return Promise.resolve();
  }

  forget(request: AdmissionRequest): Promise<void> {
    const known = this.kept.get(request.idempotencyKey ?? '');
    if (known?.owner === request && known.response === null) this.kept.delete(request.idempotencyKey ?? '');
    return Promise.resolve();
  }
}

/** All circuits closed, in the order given, unless told otherwise. */
export class StillHealth implements ProviderHealth {
  reversed = false;

  permits(): boolean {
    return true;
  }

  order(_mode: string, candidates: readonly Tier[]): Tier[] {
    return this.reversed ? candidates.toReversed() : [...candidates];
  }

  consider(mode: string, candidates: readonly Tier[]): Considered {
    const standings = Object.fromEntries(candidates.map((one) => [one, { health: 'healthy' } as const]));
    return { order: this.order(mode, candidates), standings };
  }

  record(): void {}

  reported(): void {}

  shut(): void {}

  giveBack(): void {}

  onChange(): () => void {
    return () => undefined;
  }
}

const tier = (name: Tier): TierConfiguration => ({
  tier: name,
  name: `sandbox-${name}`,
  adapter: 'africastalking',
  simulated: true,
  url: 'http://127.0.0.1:1',
  username: 'sandbox',
  apiKey: 'k',
});

export const configuration: Configuration = {
  environment: 'development',
  roles: new Set(['api']),
  host: '127.0.0.1',
  port: 0,
  publicBaseUrl: 'http://127.0.0.1:8080',
  eventStoreUrl: '',
  databaseUrl: '',
  databaseOwnerUrl: null,
  redisUrl: '',
  masterKeys: { current: 1, byVersion: new Map([[1, Buffer.alloc(32, 1)]]) },
  lookupKey: Buffer.alloc(32, 2),
  callbackSecret: 's',
  tiers: [tier('tier_1'), tier('tier_2'), tier('tier_3')],
  testTiers: [tier('tier_1')],
  defaultValiditySeconds: 86_400,
  reportGraceSeconds: 600,
  providerDeadlineMs: 10_000,
  reservationExamineAfterMs: 60_000,
  retryDelaysMs: [1_000, 4_000],
  waitRetryMs: 60_000,
  dispatchConcurrency: 64,
  routing: DEFAULT_THRESHOLDS,
  promotion: { hours: KENYAN_HOURS, optOutText: 'STOP*456*9*5#' },
  logLevel: 'silent',
  accessLogSample: 0,
  audit: { signingKey: null, trustedKeys: [], folder: '.waht/audit', headEveryMs: 60_000 },
  trustedProxies: [],
};

export const customer = (change: Partial<CustomerRecord> = {}): CustomerRecord => ({
  customerId: 'cus_00000000000000000000000001',
  name: 'Acme',
  suspended: false,
  limits: { requestsPerSecondPerKey: 600, messagesPerMinutePerRecipient: 30, countries: ['KE', 'UG'] },
  routing: ['tier_1', 'tier_2', 'tier_3'],
  priceList: {
    priceListId: 'prl_1',
    version: 3,
    perSegment: { tier_1: money(8_000n), tier_2: money(9_500n), tier_3: money(20_000n) },
    byNetwork: new Map([['63903', { tier_1: money(9_000n), tier_2: money(9_500n), tier_3: money(19_000n) }]]),
  },
  senders: new Map([
    ['WAHT', { class: 'transactional', approvedAt: new Set<Tier>(['tier_1', 'tier_2']) }],
    ['ACME', { class: 'transactional', approvedAt: new Set<Tier>(['tier_3']) }],
    ['DUKA', { class: 'promotional', approvedAt: new Set<Tier>(['tier_1', 'tier_2']) }],
  ]),
  defaultSender: 'WAHT',
  ...change,
});
