export const PARKED_TEXTS = Symbol('ParkedTexts');

/** A text to a number that was nobody's, for operators' eyes only. */
export interface ParkedText {
  readonly id: string;
  readonly number: string;
  readonly provider: string;
  /** ISO. */
  readonly receivedAt: string;
  readonly from: string;
  readonly text: string;
}

export interface ParkedTexts {
  /** Oldest first. */
  list(number: string | null, limit: number): Promise<ParkedText[]>;
  find(id: string): Promise<ParkedText | null>;
  /** Has them looked at again: all of a number, or one by its id. @returns how many */
  letGo(which: { readonly number: string } | { readonly id: string }): Promise<number>;
  /** They were done away with. */
  discarded(id: string): Promise<void>;
}
