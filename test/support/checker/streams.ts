import type { Evidence } from './evidence';
import type { Findings } from './findings';

/** The log itself: every stream without a gap, nothing stored twice, order as it was written. */
export function checkStreams({ log, byStream }: Evidence, findings: Findings): void {
  findings.saw('events', log.length);
  for (const [stream, events] of byStream) {
    const gap = events.findIndex(({ revision }, index) => revision !== BigInt(index));
    findings.expect(gap < 0, 'log', () => `${stream}: revision ${events[gap]?.revision} where ${gap} should be`);
  }
  const ids = new Set(log.map(({ id }) => id));
  findings.expect(
    ids.size === log.length,
    'doubled',
    () => `${log.length - ids.size} event ids stand in the log twice`,
  );
  const back = log.findIndex(({ commit }, index) => commit < (log[index - 1]?.commit ?? -1n));
  findings.expect(back < 0, 'log', () => `${log[back]?.id} lies before its predecessor`);
}
