import type { Result, Scenario } from './scenario';

export interface Done {
  readonly scenario: Scenario;
  readonly seconds: number;
  /** Null: it could not be run to its end; `error` says why. */
  readonly result: Result | null;
  readonly error: string;
}

export const hasPassed = ({ result }: Done): boolean => result !== null && result.findings.length === 0;

/** What one scenario measured and found, for the person at the terminal. */
export function describe({ scenario, seconds, result, error }: Done): string {
  const head = `${scenario.name}: ${scenario.about} (${seconds.toFixed(0)} s)`;
  if (result === null) return `${head}\n  the scenario itself failed: ${error}`;
  const figures = Object.entries(result.figures).map(([what, figure]) => `  ${what}: ${figure}`);
  const looked = Object.entries(result.looked)
    .filter(([what]) => /^(ended|not delivered|handset copies|charges|seconds)/.test(what))
    .map(([what, count]) => `${what} ${count}`);
  const found = result.findings.map(({ rule, what }) => `  FOUND ${rule}: ${what}`);
  return [head, ...figures, `  looked at: ${looked.join(', ')}`, ...found].join('\n');
}

/** One line a scenario, and the whole. */
export function summary(all: readonly Done[]): string {
  const lines = all.map((done) => {
    const outcome = hasPassed(done) ? 'ok' : `${done.result?.findings.length ?? 1} findings`;
    return `${done.scenario.name.padEnd(28)} ${`${done.seconds.toFixed(0)} s`.padStart(6)}  ${outcome}`;
  });
  const failed = all.filter((done) => !hasPassed(done)).length;
  const whole =
    failed === 0 ? 'Nothing lost, nothing doubled.' : `${failed} of ${all.length} scenarios found something.`;
  return [...lines, whole].join('\n');
}
