export const CLOCK = Symbol('Clock');
/** The only source of time for use cases. */
export interface Clock {
  /** Wall clock, milliseconds since 1970; never goes back within a process. */
  now(): number;
  /** ISO of `now()`. */
  iso(): string;
  /** Monotonic milliseconds, for intervals and deadlines. */
  monotonicMs(): number;
}
