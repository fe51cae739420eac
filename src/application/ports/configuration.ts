import type { Thresholds } from '../../domain/routing/move';
import type { Hours } from '../../domain/message/hours';
import type { Tier } from '../../domain/routing/tiers';

export const CONFIGURATION = Symbol('Configuration');

export type Role = 'api' | 'dispatcher' | 'projector';

interface Account {
  readonly tier: Tier;
  /** Name of the account, unique; in callbacks' paths and `provider-{name}`. */
  readonly name: string;
  /** True: our sandbox speaking that adapter's contract. */
  readonly simulated: boolean;
  /** Origin, without a path. */
  readonly url: string;
}

export interface AfricasTalkingAccount extends Account {
  readonly adapter: 'africastalking' | 'africastalking-bulk';
  readonly username: string;
  readonly apiKey: string;
}

export interface InfobipAccount extends Account {
  readonly adapter: 'infobip';
  readonly apiKey: string;
}

export interface TwilioAccount extends Account {
  readonly adapter: 'twilio';
  readonly accountSid: string;
  /** Also signs what comes back. */
  readonly authToken: string;
}

export interface SmppAccount extends Account {
  readonly adapter: 'smpp';
  readonly systemId: string;
  /** At most 8 characters. */
  readonly password: string;
  readonly systemType: string;
  /** Submissions without an answer at one time. */
  readonly window: number;
  readonly messagesPerSecond: number;
  readonly enquireLinkMs: number;
  /** How receipts write the id that the answer to the submission gave: as it did, or in hexadecimal or decimal where it did not. */
  readonly receiptIds: 'same' | 'hex' | 'decimal';
}

/** A provider's account at one tier. */
export type TierConfiguration = AfricasTalkingAccount | InfobipAccount | TwilioAccount | SmppAccount;
export type Adapter = TierConfiguration['adapter'];

/** The keys that wrap subjects' keys, 32 bytes each, by their version. */
export interface MasterKeys {
  /** What is wrapped from now on, is wrapped in this one. */
  readonly current: number;
  readonly byVersion: ReadonlyMap<number, Buffer>;
}

/** How the audit log is made provable. */
export interface AuditConfiguration {
  /** 32 bytes, the private half of an Ed25519 key. Null: heads are not signed (development only). */
  readonly signingKey: Buffer | null;
  /** Public keys, 32 bytes each, that signed earlier heads. */
  readonly trustedKeys: readonly Buffer[];
  /** Where the signed heads are kept: outside Postgres. */
  readonly folder: string;
  readonly headEveryMs: number;
}

/** What holds for messages of the class `promotional`. */
export interface PromotionConfiguration {
  readonly hours: Hours;
  /** Stands at the end of each, and is part of what is counted and paid. GSM-7. */
  readonly optOutText: string;
}

/** Read once at start from the environment; every bad variable is named at once. Units are in the names. */
export interface Configuration {
  readonly environment: 'development' | 'production';
  readonly roles: ReadonlySet<Role>;
  readonly host: string;
  readonly port: number;
  readonly publicBaseUrl: string;
  readonly eventStoreUrl: string;
  /** Of a login that owns nothing; in development it may be the owner's. */
  readonly databaseUrl: string;
  /** Of the owner of the tables, for migrations. Null: this process does not migrate. */
  readonly databaseOwnerUrl: string | null;
  readonly redisUrl: string;
  readonly masterKeys: MasterKeys;
  /** 32 bytes: keyed hashes for look-ups, digests, cursors (by HKDF). */
  readonly lookupKey: Buffer;
  readonly callbackSecret: string;
  readonly tiers: readonly TierConfiguration[];
  /** Simulated accounts for test messages; the same as `tiers` where those are simulated. */
  readonly testTiers: readonly TierConfiguration[];
  readonly defaultValiditySeconds: number;
  readonly reportGraceSeconds: number;
  readonly providerDeadlineMs: number;
  /** Age of a reservation without an end at which it is examined. */
  readonly reservationExamineAfterMs: number;
  /** Pauses before the first and second retry at the same tier (class R), before jitter. */
  readonly retryDelaysMs: readonly number[];
  /** How often a waiting message tries again while no tier takes it. */
  readonly waitRetryMs: number;
  readonly dispatchConcurrency: number;
  /** When a provider's score makes traffic leave it. */
  readonly routing: Thresholds;
  readonly promotion: PromotionConfiguration;
  readonly logLevel: string;
  /** Share of successful requests that get an access-log line, 0 to 1. Failures always do. */
  readonly accessLogSample: number;
  readonly trustedProxies: readonly string[];
  readonly audit: AuditConfiguration;
}
