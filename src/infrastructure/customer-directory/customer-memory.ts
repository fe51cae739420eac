import type {
  ApiKeyRecord,
  CustomerDirectory,
  CustomerRecord,
  PriceList,
} from '../../application/ports/customer-directory';
import type { RecordedEvent } from '../../application/ports/event-store';
import { customerDecider } from '../../domain/customer/decider';
import type { CustomerEvent, PriceListEvent } from '../../domain/customer/events';
import { priceListDecider } from '../../domain/customer/price-list-decider';
import { priceTable } from '../../domain/customer/prices';
import type {
  CustomerState,
  PriceListState,
  PublishedPriceList,
  RegisteredCustomer,
} from '../../domain/customer/state';
import { DomainError } from '../../domain/shared/domain-error';
import { streamPrefixes } from '../../domain/shared/streams';
import type { CustomersAsStored } from '../../projections/customers/customers.reader';
import { eventOf } from '../../projections/shared/event-of';

interface Held<State> {
  readonly revision: bigint;
  readonly state: State;
}

/** Customers, keys and price lists folded in memory, with the records that the hot path reads made ready at each change. */
export class CustomerMemory implements CustomerDirectory {
  private readonly customers = new Map<string, Held<CustomerState>>();
  private readonly priceLists = new Map<string, Held<PriceListState>>();
  private readonly records = new Map<string, CustomerRecord>();
  private readonly keys = new Map<string, ApiKeyRecord>();
  /** Customers of whom an event could not be read: it may have revoked a key, or suspended them. */
  private readonly unreadable = new Set<string>();

  /** @throws DomainError unavailable where this process cannot read all that concerns the key's customer. */
  key(keyId: string): ApiKeyRecord | null {
    const record = this.keys.get(keyId);
    if (record === undefined) return null;
    if (!this.unreadable.has(record.customer.customerId)) return record;
    throw new DomainError('unavailable', 'This account cannot be served by this process right now.', [], 30);
  }

  /**
   * An event of a customer that is damaged, or of a newer version than this program knows. It goes on for nobody, rather than
   * for somebody who may have been shut out.
   * @returns the customer
   */
  shut(stream: string): string | null {
    if (!stream.startsWith(streamPrefixes.customer)) return null;
    const customerId = stream.slice(streamPrefixes.customer.length);
    this.unreadable.add(customerId);
    return customerId;
  }

  customer(customerId: string): CustomerRecord | null {
    return this.records.get(customerId) ?? null;
  }

  all(): RegisteredCustomer[] {
    const found: RegisteredCustomer[] = [];
    for (const { state } of this.customers.values()) if (state.kind === 'registered') found.push(state);
    return found.sort((a, b) => (a.customerId < b.customerId ? -1 : 1));
  }

  find(customerId: string): RegisteredCustomer | null {
    const state = this.customers.get(customerId)?.state;
    return state?.kind === 'registered' ? state : null;
  }

  priceList(priceListId: string): PublishedPriceList | null {
    const state = this.priceLists.get(priceListId)?.state;
    return state?.kind === 'published' ? state : null;
  }

  /** Revision up to which a customer's or price list's stream is known; null: nothing of it. */
  knownRevision(stream: string): bigint | null {
    const held = stream.startsWith(streamPrefixes.customer)
      ? this.customers.get(stream.slice(streamPrefixes.customer.length))
      : this.priceLists.get(stream.slice(streamPrefixes.priceList.length));
    return held?.revision ?? null;
  }

  load(stored: CustomersAsStored): void {
    for (const { id, revision, state } of stored.priceLists) this.priceLists.set(id, { revision, state });
    for (const { id, revision, state } of stored.customers) this.customers.set(id, { revision, state });
    for (const id of this.customers.keys()) this.refresh(id);
    for (const stream of stored.parked) this.shut(stream);
  }

  /** An event that is known already changes nothing. */
  apply(event: RecordedEvent): void {
    if (event.stream.startsWith(streamPrefixes.customer)) this.applyToCustomer(event);
    else if (event.stream.startsWith(streamPrefixes.priceList)) this.applyToPriceList(event);
  }

  private applyToCustomer(event: RecordedEvent): void {
    const id = event.stream.slice(streamPrefixes.customer.length);
    const held = this.customers.get(id);
    if (held !== undefined && event.revision <= held.revision) return;
    const state = customerDecider.evolve(held?.state ?? customerDecider.initialState, eventOf<CustomerEvent>(event));
    this.customers.set(id, { revision: event.revision, state });
    this.refresh(id);
  }

  private applyToPriceList(event: RecordedEvent): void {
    const id = event.stream.slice(streamPrefixes.priceList.length);
    const held = this.priceLists.get(id);
    if (held !== undefined && event.revision <= held.revision) return;
    const state = priceListDecider.evolve(held?.state ?? priceListDecider.initialState, eventOf<PriceListEvent>(event));
    this.priceLists.set(id, { revision: event.revision, state });
    for (const [customerId, customer] of this.customers) {
      if (customer.state.kind === 'registered' && customer.state.priceListId === id) this.refresh(customerId);
    }
  }

  private refresh(customerId: string): void {
    const state = this.find(customerId);
    if (state === null) return;
    const customer: CustomerRecord = {
      customerId,
      name: state.name,
      suspended: state.suspended,
      limits: state.limits,
      routing: state.routing,
      priceList: this.pricesOf(state.priceListId),
      senders: new Map(
        state.senders.map((one) => [one.sender, { class: one.class, approvedAt: new Set(one.approvedAt) }]),
      ),
      defaultSender: state.defaultSender,
    };
    this.records.set(customerId, customer);
    for (const { keyId, hash, mode, scopes, expiresAt, revoked } of state.keys) {
      this.keys.set(keyId, { keyId, hash, mode, scopes: new Set(scopes), expiresAt, revoked, customer });
    }
  }

  private pricesOf(priceListId: string | null): PriceList | null {
    const list = priceListId === null ? null : this.priceList(priceListId);
    return list === null ? null : { priceListId: list.priceListId, version: list.version, ...priceTable(list) };
  }
}

/** Streams that the memory follows. */
export const FOLLOWED_PREFIXES: readonly string[] = [streamPrefixes.customer, streamPrefixes.priceList];
