import type { ProviderConfig } from '../config';
import type { Courier } from '../engine/courier';
import type { InboundCarrier } from '../engine/handsets';
import type { FaultSettings } from '../faults/settings';

export interface ProviderCounters {
  requests: number;
  accepted: number;
  reports: number;
}

/** One simulated provider on a port of its own, whatever it speaks. */
export interface SimulatedProvider {
  readonly config: ProviderConfig;
  readonly counters: ProviderCounters;
  /** The port it listens on, or will listen on again after an outage. */
  readonly port: number;
  readonly settings: FaultSettings;
  /** How what it owes gets to the application. */
  readonly courier: Courier;
  /** @throws Error of the system, e.g. EADDRINUSE. */
  start(): Promise<void>;
  /** Lets running answers end for a moment; those that would never end are cut at once. */
  stop(): Promise<void>;
  /**
   * Puts new switches into effect; resolves when the listener has followed.
   * @throws Error of the system when the port cannot be had again after an outage.
   */
  change(settings: FaultSettings): Promise<void>;
  /** Whether `errors` may name this code. */
  knowsCode(code: string | number): boolean;
  /** How a handset's text gets to the application, null when it does not. */
  inboundCarrier(): InboundCarrier | null;
}
