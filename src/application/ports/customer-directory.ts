import type { Mode } from '../../domain/shared/event';
import type { CustomerLimits, Scope } from '../../domain/customer/events';
import type { PriceTable } from '../../domain/customer/prices';
import type { Tier } from '../../domain/routing/tiers';
import type { MessageClass } from '../../domain/message/events';

export const CUSTOMER_DIRECTORY = Symbol('CustomerDirectory');

export interface PriceList extends PriceTable {
  readonly priceListId: string;
  readonly version: number;
}

export interface CustomerRecord {
  readonly customerId: string;
  readonly name: string;
  readonly suspended: boolean;
  readonly limits: CustomerLimits;
  /** In order. */
  readonly routing: readonly Tier[];
  readonly priceList: PriceList | null;
  /** By sender: the tiers where it is approved. */
  readonly senders: ReadonlyMap<string, { readonly class: MessageClass; readonly approvedAt: ReadonlySet<Tier> }>;
  readonly defaultSender: string | null;
}

export interface ApiKeyRecord {
  readonly keyId: string;
  /** SHA-256 (hex) of the whole key. */
  readonly hash: string;
  readonly mode: Mode;
  readonly scopes: ReadonlySet<Scope>;
  /** ISO, or null. */
  readonly expiresAt: string | null;
  readonly revoked: boolean;
  readonly customer: CustomerRecord;
}

/** All customers and keys, in this process's memory, kept current from the log within milliseconds. No I/O on the hot path. */
export interface CustomerDirectory {
  key(keyId: string): ApiKeyRecord | null;
  customer(customerId: string): CustomerRecord | null;
}
