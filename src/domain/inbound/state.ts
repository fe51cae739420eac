import type { Mode } from '../shared/event';
import { firstWords } from './address';

export interface Assignment {
  /** Null: every text to the number that no keyword claims. */
  readonly keyword: string | null;
  readonly customerId: string;
  readonly mode: Mode;
  /** Meant by a STOP; empty: all senders of the customer. */
  readonly senders: readonly string[];
}

/** A number that people write to. */
export interface InboundState {
  readonly assignments: readonly Assignment[];
  /** Keywords that were given back; null among them stands for the whole number. */
  readonly released: readonly (string | null)[];
  /** Ids of parked texts that were done away with. */
  readonly discarded: readonly string[];
}

export const unassigned: InboundState = { assignments: [], released: [], discarded: [] };

/** What a text to the number is about. */
export interface TextMeaning {
  /** Whose it is; null: nobody's. */
  readonly owner: Assignment | null;
  /** Those whose messages it wants no more of. */
  readonly stops: readonly Assignment[];
}

/**
 * A text is its first word's, or the whole number's. A word that stops messages may stand before a keyword, or behind it; by
 * itself, on a number that nobody has as a whole, it means everybody on it.
 * @param modes those that the account serves which brought it: nothing simulated comes to a live customer, nor the other way.
 * @param isStop whether a text by itself says that messages are to stop.
 */
export function meaningOf(
  { assignments }: InboundState,
  text: string,
  modes: ReadonlySet<Mode>,
  isStop: (text: string) => boolean,
): TextMeaning {
  const open = assignments.filter(({ mode }) => modes.has(mode));
  const whole = open.find(({ keyword }) => keyword === null) ?? null;
  if (isStop(text)) return whole === null ? { owner: null, stops: open } : { owner: whole, stops: [whole] };
  const words = firstWords(text, 3);
  const [first = '', second = ''] = words;
  const named = (word: string): Assignment | undefined => open.find(({ keyword }) => keyword === word);
  const pairs =
    words.length === 2
      ? ([
          [first, second],
          [second, first],
        ] as const)
      : [];
  for (const [word, rest] of pairs) {
    const stopped = named(word);
    if (stopped !== undefined && isStop(rest)) return { owner: stopped, stops: [stopped] };
  }
  return { owner: named(first) ?? whole, stops: [] };
}
