import { canonicalHash } from '../../projections/shared/hash-chain';

/** A refused call as it is kept. No personal data and no key material: ids, patterns and words from closed sets. */
export interface AccessFacts {
  /** UUID, made when the call was refused: a batch whose commit was in doubt is not written twice. */
  readonly id: string;
  /** ISO. */
  readonly at: string;
  readonly request_id: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly code: string;
  readonly reason: string;
  readonly customer_id: string | null;
  readonly key_id: string | null;
  readonly resource: string | null;
  /** 1; for calls that could not be kept, how many. */
  readonly count: number;
}

/** Hash of a row: SHA-256 of its canonical JSON (members by name, no spaces) with its place and the hash before. */
export const accessHash = (facts: AccessFacts, seq: bigint, previous: string): string =>
  canonicalHash({
    ...facts,
    status: String(facts.status),
    count: String(facts.count),
    seq: seq.toString(),
    previous,
  });
