import type { Finding } from '../support/checker/findings';
import type { Account } from './rig';

/** How a scenario is run: the quick form shows the same in fewer messages and shorter waits. */
export interface Form {
  readonly quick: boolean;
  /** Messages with each simulator. */
  readonly messages: number;
}

export interface Context {
  readonly form: Form;
  /** For journals. */
  readonly folder: string;
  say(line: string): void;
}

export interface Result {
  /** What was measured, by what it is. */
  readonly figures: Readonly<Record<string, string | number>>;
  readonly findings: readonly Finding[];
  readonly looked: Readonly<Record<string, number>>;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Left out of the quick form where its real times take minutes. */
  readonly inQuick: boolean;
  run(context: Context): Promise<Result>;
}

export const resultOf = ({ findings }: Account, figures: Result['figures']): Result => ({
  figures,
  findings: findings.all,
  looked: findings.looked,
});

/** The value at or under which this share of the numbers lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
