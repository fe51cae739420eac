import { freshRecipients, load } from './load';
import type { LoadResult } from './load-process';
import { median, round } from './statistics';

/** One side of a comparison. */
export interface Side {
  readonly name: string;
  readonly url: string;
  readonly keys: readonly string[];
  /** How many recipients; 0: each request a new one. */
  readonly recipients: number;
  /** So that the same numbers come again in each round. */
  readonly firstRecipient: number;
}

export interface Cell {
  readonly side: string;
  readonly connections: number;
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rounds: readonly LoadResult[];
}

/**
 * All sides in turn, several rounds, so that what the machine does meanwhile happens to each of them. Medians over rounds.
 * @throws Error where a side refused or failed requests: a rate of refusals compares nothing.
 */
export async function measureAccept(
  sides: readonly Side[],
  connections: number,
  rounds: number,
  durationS: number,
  say: (line: string) => void,
): Promise<Cell[]> {
  const results = sides.map((): LoadResult[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const firstRecipient = side.recipients > 0 ? side.firstRecipient : freshRecipients(50_000);
      const job = {
        url: side.url,
        keys: side.keys,
        connections,
        durationS,
        recipients: side.recipients,
        firstRecipient,
      };
      const result = await load(job);
      if (result.refused > 0 || result.errors > 0)
        throw new Error(`${side.name} at ${connections}: ${result.refused} refused, ${result.errors} errors`);
      results[index]?.push(result);
      say(`${side.name}, ${connections} connections: ${result.perS}/s, p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms`);
    }
  }
  return sides.map((side, index) => {
    const of = results[index] ?? [];
    return {
      side: side.name,
      connections,
      perS: Math.round(median(of.map((r) => r.perS))),
      p50Ms: round(median(of.map((r) => r.p50Ms))),
      p99Ms: round(median(of.map((r) => r.p99Ms))),
      rounds: of,
    };
  });
}

/** The median over rounds of ours divided by theirs, round by round: what the machine did in a round falls out. */
export function ratioOf(ours: Cell, theirs: Cell, figure: 'perS' | 'p50Ms' | 'p99Ms'): number {
  return round(median(ours.rounds.map((round, index) => round[figure] / (theirs.rounds[index]?.[figure] ?? NaN))), 2);
}
