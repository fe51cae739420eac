export const ACCESS_LOG = Symbol('AccessLog');

/** A call that was refused and left no event. Ids, patterns and words from closed sets: no personal data, no key. */
export interface RefusedCall {
  /** The X-Request-Id of its answer. */
  readonly requestId: string;
  readonly method: string;
  /** Pattern of the route. */
  readonly route: string;
  readonly status: number;
  /** The code of its answer. */
  readonly code: string;
  /** What the answer does not say. */
  readonly reason: string;
  /** Of the key that was shown, where there is such a key. */
  readonly customerId: string | null;
  readonly keyId: string | null;
  /** The id that was asked for, where it is another's. */
  readonly resource: string | null;
}

/** Keeps refused calls for auditors. The refusal never waits for it, and never fails by it. */
export interface AccessLog {
  note(call: RefusedCall): void;
}
