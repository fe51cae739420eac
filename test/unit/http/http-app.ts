import { createHash } from 'node:crypto';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuditQueriesModule } from '../../../src/application/audit/audit-queries.module';
import { BatchModule } from '../../../src/application/batch/batch.module';
import { MessageModule } from '../../../src/application/message/message.module';
import { ACCESS_LOG, type RefusedCall } from '../../../src/application/ports/access-log';
import { ADMISSION } from '../../../src/application/ports/admission';
import { AUDIT_READS, type AuditQuestion } from '../../../src/application/ports/audit-reads';
import { CLOCK } from '../../../src/application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../../src/application/ports/configuration';
import {
  CUSTOMER_DIRECTORY,
  type ApiKeyRecord,
  type CustomerRecord,
} from '../../../src/application/ports/customer-directory';
import { EVENT_STORE } from '../../../src/application/ports/event-store';
import { ID_SOURCE } from '../../../src/application/ports/id-source';
import { LOGGER, type Logger } from '../../../src/application/ports/logger';
import {
  MESSAGE_READS,
  type MessageFilter,
  type MessageView,
  type Page,
} from '../../../src/application/ports/message-reads';
import type { MessageWhy } from '../../../src/application/ports/message-why';
import { METRICS } from '../../../src/application/ports/metrics';
import { PROVIDER_HEALTH } from '../../../src/application/ports/provider-health';
import { READ_SIDE_STATUS } from '../../../src/application/ports/read-side-status';
import { SNAPSHOTS } from '../../../src/application/ports/snapshots';
import { SUBJECT_VAULT } from '../../../src/application/ports/subject-vault';
import { WALLET_READS } from '../../../src/application/ports/wallet-reads';
import { WALLETS } from '../../../src/application/ports/wallets';
import { WalletQueriesModule } from '../../../src/application/wallet/wallet-queries.module';
import { formatApiKey, parseApiKey, type ApiKeyKind } from '../../../src/domain/customer/api-key';
import type { Scope } from '../../../src/domain/customer/events';
import { DomainError } from '../../../src/domain/shared/domain-error';
import type { Money } from '../../../src/domain/shared/money';
import { createAdapter } from '../../../src/infrastructure/http/fastify-edge';
import { HttpModule } from '../../../src/infrastructure/http/http.module';
import { prepareHttp, type HttpDrain } from '../../../src/infrastructure/http/http-server';
import { NumberingModule } from '../../../src/infrastructure/numbering/numbering.module';
import { PrometheusMetrics } from '../../../src/infrastructure/observability/prometheus-metrics';
import { Readiness } from '../../../src/infrastructure/observability/readiness';
import { RequestLimiter } from '../../../src/infrastructure/redis/request-limiter';
import {
  configuration as base,
  CountingIds,
  customer,
  fixedClock,
  MemoryAdmission,
  MemoryStore,
  MemoryWallets,
  PlainVault,
  StillHealth,
} from '../message/send/fakes';

const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEF';

export class MemoryDirectory {
  lookUps = 0;
  private readonly keys = new Map<string, ApiKeyRecord>();

  key(keyId: string): ApiKeyRecord | null {
    this.lookUps += 1;
    return this.keys.get(keyId) ?? null;
  }

  customer(): CustomerRecord | null {
    return null;
  }

  /** The plaintext of a new key. */
  issue(kind: ApiKeyKind, scopes: Scope[], change: Partial<ApiKeyRecord> = {}): string {
    const keyId = String(this.keys.size + 1).padStart(16, '0');
    const text = formatApiKey(kind, keyId, SECRET);
    this.keys.set(keyId, {
      keyId,
      hash: createHash('sha256').update(text).digest('hex'),
      mode: kind === 'test' ? 'test' : 'live',
      scopes: new Set(scopes),
      expiresAt: null,
      revoked: false,
      customer: customer(),
      ...change,
    });
    return text;
  }
}

const WHY: MessageWhy = {
  message_id: 'msg_00000000000000000000000000',
  status: 'delivered',
  final: true,
  outcome: { code: 'delivered', text: 'tier_1 delivered it.' },
  considered_at: fixedClock.iso(),
  tiers: [],
  attempts: [],
  price: {
    price_list_id: 'prl_1',
    price_list_version: 1,
    provider: 'tier_1',
    network: null,
    per_segment_kes: 0.8,
    segments: 1,
    cost_kes: 0.8,
    charge: 'charged',
  },
};

/** What the routes ask of the read side, and one message that there is. */
export class RecordingReads {
  asked: unknown[] = [];
  failure: Error | null = null;
  message: MessageView | null = null;

  async find(...question: unknown[]): Promise<MessageView | null> {
    this.asked = question;
    if (this.failure !== null) throw this.failure;
    return Promise.resolve(this.message);
  }

  async list(...question: [string, string, MessageFilter, number, string | null]): Promise<Page<MessageView>> {
    this.asked = question;
    if (question[4] === 'forged') throw new DomainError('invalid_cursor', 'This cursor is not one of ours.');
    return Promise.resolve({ data: this.message === null ? [] : [this.message], nextCursor: 'next' });
  }

  async why(...question: unknown[]): Promise<MessageWhy | null> {
    this.asked = question;
    return Promise.resolve(this.message === null ? null : WHY);
  }

  async timeline(...question: unknown[]): Promise<{ type: string; at: string; sequence: number }[] | null> {
    this.asked = question;
    return Promise.resolve(
      this.message === null ? null : [{ type: 'message.queued', at: fixedClock.iso(), sequence: 1 }],
    );
  }
}

export class RecordingLogger implements Logger {
  readonly lines: { level: string; fields: object; message: string }[] = [];
  debug = (fields: object, message: string): void => this.note('debug', fields, message);
  info = (fields: object, message: string): void => this.note('info', fields, message);
  warn = (fields: object, message: string): void => this.note('warn', fields, message);
  error = (fields: object, message: string): void => this.note('error', fields, message);
  child = (): Logger => this;

  private note(level: string, fields: object, message: string): void {
    this.lines.push({ level, fields, message });
  }
}

export interface HttpWorld {
  readonly app: NestFastifyApplication;
  readonly drain: HttpDrain;
  readonly store: MemoryStore;
  readonly wallets: MemoryWallets;
  readonly admission: MemoryAdmission;
  readonly directory: MemoryDirectory;
  readonly reads: RecordingReads;
  readonly readSide: { since: string | null };
  readonly projected: { balance: { available: Money; reserved: Money; asOf: string } | null };
  readonly limiter: { waitMs: number };
  readonly logger: RecordingLogger;
  /** What the log of refused calls was given. */
  readonly refused: RefusedCall[];
  /** What the audit log was asked for. */
  readonly audited: { customerId: string; question: AuditQuestion; limit: number; after: string | null }[];
  readonly readiness: Readiness;
  readonly liveKey: string;
  readonly testKey: string;
}

/** The HTTP edge over everything else in memory. */
export async function httpWorld(change: Partial<Configuration> = {}): Promise<HttpWorld> {
  const configuration = { ...base, ...change };
  const directory = new MemoryDirectory();
  const parts = {
    directory,
    store: new MemoryStore(),
    wallets: new MemoryWallets(),
    admission: new MemoryAdmission(),
    reads: new RecordingReads(),
    readSide: { since: null as string | null },
    projected: { balance: null as { available: Money; reserved: Money; asOf: string } | null },
    limiter: { waitMs: 0 },
    logger: new RecordingLogger(),
    refused: [] as RefusedCall[],
    audited: [] as HttpWorld['audited'],
    readiness: new Readiness(),
    liveKey: directory.issue('live', ['messages', 'balance']),
    testKey: directory.issue('test', ['messages', 'balance']),
  };
  const metrics = new PrometheusMetrics();
  metrics.stop();
  const ports = [
    { provide: CONFIGURATION, useValue: configuration },
    { provide: LOGGER, useValue: parts.logger },
    { provide: METRICS, useValue: metrics },
    { provide: PrometheusMetrics, useValue: metrics },
    { provide: Readiness, useValue: parts.readiness },
    { provide: CLOCK, useValue: fixedClock },
    { provide: ACCESS_LOG, useValue: { note: (call: RefusedCall) => parts.refused.push(call) } },
    { provide: ID_SOURCE, useValue: new CountingIds() },
    { provide: EVENT_STORE, useValue: parts.store },
    { provide: WALLETS, useValue: parts.wallets },
    { provide: WALLET_READS, useValue: { balance: () => Promise.resolve(parts.projected.balance) } },
    { provide: SUBJECT_VAULT, useValue: new PlainVault() },
    { provide: ADMISSION, useValue: parts.admission },
    { provide: PROVIDER_HEALTH, useValue: new StillHealth() },
    { provide: CUSTOMER_DIRECTORY, useValue: parts.directory },
    { provide: MESSAGE_READS, useValue: parts.reads },
    { provide: SNAPSHOTS, useValue: { load: () => Promise.resolve(null) } },
    {
      provide: AUDIT_READS,
      useValue: {
        list: (customerId: string, question: AuditQuestion, limit: number, after: string | null) => {
          parts.audited.push({ customerId, question, limit, after });
          return Promise.resolve({ data: [], nextCursor: 'next' });
        },
      },
    },
    { provide: READ_SIDE_STATUS, useValue: { staleSince: () => parts.readSide.since } },
    { provide: RequestLimiter, useValue: { take: () => Promise.resolve(parts.limiter.waitMs) } },
  ];

  @Global()
  @Module({ providers: ports, exports: ports.map(({ provide }) => provide) })
  class PortsInMemory {}

  const root: DynamicModule = {
    module: class Root {},
    imports: [
      CqrsModule.forRoot(),
      PortsInMemory,
      NumberingModule,
      MessageModule,
      BatchModule,
      WalletQueriesModule,
      AuditQueriesModule,
      HttpModule.for(configuration),
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, createAdapter(configuration), {
    bodyParser: false,
    abortOnError: false,
    logger: false,
  });
  const drain = prepareHttp(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { app, drain, ...parts };
}

/** A key with a right shape and checksum that nobody has. */
export const strangersKey = (): string => formatApiKey('live', 'ZZZZZZZZZZZZZZZZ', SECRET);

/** A key of somebody whose last character was mistyped. */
export function mistyped(key: string): string {
  const last = key.endsWith('0') ? '1' : '0';
  const text = key.slice(0, -1) + last;
  if (parseApiKey(text) !== null) throw new Error('the checksum still fits');
  return text;
}
