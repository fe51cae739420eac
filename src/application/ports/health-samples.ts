import type { DayOfNetwork } from '../../domain/routing/breakdown';
import type { MinuteOfCustomer, MinuteTally } from '../../domain/routing/window';

export const HEALTH_SAMPLES = Symbol('HealthSamples');

/** What one attempt or report adds to its minute. */
export interface Sampled {
  readonly provider: string;
  readonly customerId: string;
  /** Of the recipient, as MCC and MNC; null: not known. */
  readonly network: string | null;
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly counts: Partial<MinuteTally>;
}

/** Counts of all processes, kept together; lost ones are made again from the log. */
export interface HealthSamples {
  /** Never fails: what could not be passed on is counted again when it can, or dropped after a minute. */
  add(sample: Sampled): void;
  /** Was anything counted in or after this minute, by any process? @throws DomainError unavailable */
  anySince(minute: number): Promise<boolean>;
  /** @throws DomainError unavailable */
  minutes(provider: string, fromMinute: number, toMinute: number): Promise<MinuteOfCustomer[]>;
  /** Of the 24 hours before the window that ends with `nowMinute`. @throws DomainError unavailable */
  day(provider: string, nowMinute: number): Promise<DayOfNetwork[]>;
}
