import { cpus, release, totalmem, type as osType } from 'node:os';

/** A ratio or a figure with its limit, in the form that the project's performance notes give; one that was not measured says why. */
export type Ratio =
  | { readonly value: number; readonly atLeast: number }
  | { readonly value: number; readonly atMost: number }
  | { readonly skipped: string };

export interface Rate {
  readonly name: string;
  readonly perS: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly note?: string;
}

export interface Report {
  readonly ratios: Record<string, Ratio>;
  readonly rates: Rate[];
  readonly memoryMb: Record<string, number | null>;
  readonly machine: Record<string, string | number>;
}

export const machine = (): Report['machine'] => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${osType()} ${release()}`,
  node: process.version,
});

const within = (ratio: Ratio): string => {
  if ('skipped' in ratio) return `not measured: ${ratio.skipped}`;
  const [limit, holds] =
    'atLeast' in ratio
      ? [`at least ${ratio.atLeast}`, ratio.value >= ratio.atLeast]
      : [`at most ${ratio.atMost}`, ratio.value <= ratio.atMost];
  return `${String(ratio.value).padStart(9)}   ${limit.padEnd(15)} ${holds ? 'reached' : 'FALLS SHORT'}`;
};

export function print(report: Report): void {
  const line = (text: string): void => void process.stdout.write(`${text}\n`);
  line('');
  line(`${'work'.padEnd(58)} ${'rate /s'.padStart(9)} ${'p50 ms'.padStart(9)} ${'p99 ms'.padStart(9)}`);
  for (const rate of report.rates) {
    const figure = (value: number | undefined): string => (value === undefined ? '' : String(value)).padStart(9);
    line(
      `${rate.name.padEnd(58)} ${figure(rate.perS)} ${figure(rate.p50Ms)} ${figure(rate.p99Ms)}  ${rate.note ?? ''}`,
    );
  }
  line('');
  for (const [what, mb] of Object.entries(report.memoryMb))
    line(`private memory, ${what}: ${mb ?? 'not told by this system'} MB`);
  line('');
  for (const [id, ratio] of Object.entries(report.ratios)) line(`${id.padEnd(10)} ${within(ratio)}`);
}
