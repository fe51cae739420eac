import type { Outcome } from './run';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .sort()
    .join(', ') || 'none';

/** What was done and what was found, for the person at the terminal. */
export function describe(outcome: Outcome): string {
  const { seed, strokes, providerFaults, ownDeaths, slowestReturnMs, looked, settled, findings, totals } = outcome;
  const deaths = ownDeaths.map(({ name, words }) => `\n    ${name}: ${words}`).join('');
  const lines = [
    `seed ${seed}`,
    `kill -9: ${sum(strokes.kill)} (${list(strokes.kill)})`,
    `held: ${sum(strokes.stall)} (${list(strokes.stall)})`,
    `restarted: ${sum(strokes.restart)} (${list(strokes.restart)})`,
    `provider faults: ${providerFaults}`,
    `ended by themselves: ${ownDeaths.length}${deaths}`,
    `slowest return, ms: ${list(slowestReturnMs)}`,
    `at rest after ${Math.round(settled.afterMs / 100) / 10} s, ${settled.unmatchedReports} reports fit no attempt`,
    `looked at: ${list(looked)}`,
  ];
  if (findings.length === 0)
    return [...lines, 'Nothing lost, nothing doubled, nothing that is not in the log.'].join('\n');
  return [
    ...lines,
    `${sum(totals)} findings (${list(totals)}); journal and logs are in ${outcome.folder}`,
    ...findings.map(({ rule, what }) => `  ${rule}: ${what}`),
  ].join('\n');
}
