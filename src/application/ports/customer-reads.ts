import type { PublishedPriceList, RegisteredCustomer } from '../../domain/customer/state';

export const CUSTOMER_READS = Symbol('CustomerReads');

/** What operations reads about customers: from this process's memory, like the directory, but in full. */
export interface CustomerReads {
  /** By id, which is by time of registration. */
  all(): readonly RegisteredCustomer[];
  find(customerId: string): RegisteredCustomer | null;
  priceList(priceListId: string): PublishedPriceList | null;
  /**
   * Resolves when this process knows what stands in the stream up to `revision`, so that what was just written can be read.
   * @throws DomainError unavailable after `withinMs`
   */
  knows(stream: string, revision: bigint, withinMs: number): Promise<void>;
}
