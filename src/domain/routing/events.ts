/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent } from '../shared/event';
import type { Move, MoveInputs } from './move';

export type DegradeCause = 'circuit' | 'score';

/** What it took: the numbers that were looked at, and what they came to. The move can be decided again from `inputs` alone. */
export interface RecordedMove {
  readonly inputs: MoveInputs;
  readonly outcome: Move;
}

/** Transitions only, never samples. */
export type ProviderDegraded = DomainEvent<
  'ProviderDegraded',
  {
    provider: string;
    tier: string;
    /** MCC and MNC of the one network whose traffic is concerned; null: all of it. */
    network: string | null;
    cause: DegradeCause;
    /** ISO; when it is tried again. */
    until: string;
    /** Of a circuit, and of a way back that failed: failures in a row when it opened, and the last one's code. */
    circuit: { failuresInRow: number; lastCode: string } | null;
    /** Of a score. */
    move: RecordedMove | null;
  }
>;

/** A step of the way back; at 100 it is back. */
export type ProviderRecovered = DomainEvent<
  'ProviderRecovered',
  { provider: string; tier: string; network: string | null; cause: DegradeCause; sharePercent: number }
>;
export type ProviderEvent = ProviderDegraded | ProviderRecovered;
